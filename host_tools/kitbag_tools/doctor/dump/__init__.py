"""A dump of the object's log partition, read however damaged it is.

`sectors` finds where sectors lie in the file, `proof` which place of which log a sector holds,
`findings` puts the logs together, `words` tell, `tables` write. Only the last touches a disk.
"""
