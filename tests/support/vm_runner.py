# The MicroPython VM runs this: `micropython vm_runner.py test_file.py`. It calls every test_*
# function of the file and prints one line for each, its traceback before it where it failed.
import sys


def _main(path):
    folder, _, name = path.rpartition("/")
    sys.path.insert(0, folder)
    module = __import__(name[: -len(".py")])
    failed = 0
    for name in sorted(name for name in dir(module) if name.startswith("test_")):
        try:
            getattr(module, name)()
        except Exception as error:  # noqa: BLE001 - every kind of failure is one line of the result
            sys.print_exception(error)
            print("FAILED", name)
            failed += 1
        else:
            print("ok", name)
    return 1 if failed else 0


sys.exit(_main(sys.argv[1]))
