// Runs a plan of Python steps on the 32-bit MicroPython, each after a garbage collection, and prints what
// every step left behind in the heap. The collection acts only once control is back here, so nothing is
// measured inside a step.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { loadMicroPython } from "@micropython/micropython-webassembly-pyscript/micropython.mjs";

const plan = JSON.parse(readFileSync(process.argv[2], "utf8"));

function copyIn(fs, from, to) {
    for (const entry of readdirSync(from, { withFileTypes: true })) {
        if (entry.isDirectory()) {
            fs.mkdir(`${to}/${entry.name}`);
            copyIn(fs, join(from, entry.name), `${to}/${entry.name}`);
        } else {
            fs.writeFile(`${to}/${entry.name}`, readFileSync(join(from, entry.name)));
        }
    }
}

async function measure(tree) {
    let last = "";
    const mp = await loadMicroPython({ stdout: (line) => { last = line; }, linebuffer: true });
    mp.FS.mkdir("/object");
    copyIn(mp.FS, tree, "/object");
    mp.runPython("import gc, micropython, sys; sys.path.insert(0, '/object')");
    mp.runPython(plan.before);
    const live = () => {
        mp.runPython("gc.collect()");
        mp.runPython("print(gc.mem_alloc())");
        return Number(last);
    };
    // "qstr pool: n_pool=6, n_qstr=1199, n_str_data_bytes=12975, n_total_bytes=21983". The table of
    // names doubles when it is full; whichever module happens to do that is not charged for it.
    const names = () => {
        mp.runPython("micropython.qstr_info()");
        const [, count, , size] = last.match(/\d+/g).map(Number);
        return { count, size };
    };
    const base = live();
    const namesBase = names();
    const steps = [];
    let was = base - namesBase.size;
    for (const [name, code] of plan.steps) {
        try {
            mp.runPython(code);
        } catch (error) {
            // Not the error itself: node would print the whole virtual machine with it
            console.error(`${name}: ${error.message}`);
            process.exit(1);
        }
        const now = live() - names().size;
        steps.push([name, now - was]);
        was = now;
    }
    const { count, size } = names();
    const total = live() - base;
    const most = (code) => {
        mp.runPython(code);
        let found = live();
        for (const [load, forget] of plan.brief) {
            mp.runPython(load);
            found = Math.max(found, live());
            mp.runPython(forget);
        }
        return found - base;
    };
    const total_late = most(plan.late);
    const total_visit = most(plan.visit);
    return {
        steps,
        names: count - namesBase.count,
        names_size: size - namesBase.size,
        total,
        total_late,
        total_visit,
    };
}

const results = [];
for (const tree of plan.trees) results.push(await measure(tree));
console.log(JSON.stringify(results));
