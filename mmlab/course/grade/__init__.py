"""From a student's file to a mark, in the order of the path.

    collect       what an LMS exports, brought to its students' folders
    submissions   what was handed in, and when
    folders       its files, opened without trusting a name or a link
    intake        a file's bytes → a notebook, whatever the file is
    choice        which of several files it is
    archive       zips, in memory and within limits
    salvage       bytes → JSON, without a guess
    plain_lab     JSON → cells of plain parts, nothing else
    repair        every cell of the release back in its place
    placing       which cell answers which exercise
    bindings      the names that code defines, read and never run
    findings      what was put right, in sentences; other weeks' labs
    limits        what one submission may take
    wire          framed values, with a limit and a deadline
    cgroup        memory and processes, held by the kernel where it can be had
    meter         memory, measured where no cgroup holds it
    seccomp       the system calls that are closed
    isolate       namespaces, files, uid: what a child gives up
    zygote        imports what labs import, and forks
    bubblewrap    what is inside the sandbox, and what is not
    warm          starts and ends the zygote
    sandbox       one fresh child a submission, and the way to talk to it
    child         inside the sandbox: runs the cells, answers the judge
    cells         cells as IPython runs them, bounded in time and text
    remote_version  a find-the-bug's version, in a child of its own
    hidden        the course's seed, and the cases that nobody has seen
    sitting       one submission before the judge: children, deaths, time
    judge         asks, compares outside, names the misconception
    one           the whole path of one submission
    engine        the same for all of them, in threads of this machine
    dask_engine   the same on workers of a Dask cluster
    lock          one run at a time on a course
    journal       what a killed run goes on from
    batches       results as they come, written many at a time
    gradebook     nbgrader's database
    files         nbgrader's autograded notebooks
    feedback      the page that goes back
    logs          what a run leaves for the machine's keeper, without names
    progress      how far a run is
    report        what it found, for machines and for people
    request       what a call of `mmlab grade` asks for
    command       `mmlab grade`

`stages` names what passes from one to the next.
"""
