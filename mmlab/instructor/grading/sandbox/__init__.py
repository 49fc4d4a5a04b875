"""The sandbox: a warm process for each week, and a fresh child for each submission.

    sandbox         start the sandbox, create a child, send it requests and read its replies
    limits          how much time, memory and output one submission may use

Starting it:

    zygote_client   start and stop the zygote
    zygote          import PyTorch and the other libraries once, then fork a child on request
    huge_pages      fewer page tables for each fork to copy
    bubblewrap      the sandbox's file system, and fallbacks where the kernel offers less
    isolate         namespaces, mounts and user id: the privileges that a child gives up
    seccomp         the system calls that are blocked
    cgroup, meter   memory and process limits: by the kernel, or by polling where there is no cgroup

Inside it:

    child           run the cells; at each check cell, a fork answers one test case at a time
    cells           run code cells as IPython does, with limits on time and output
    own_code        our own modules as they were before any cell ran
    read_only       arrays in memory that an answer cannot write
    remote_version  call a find-the-bug version that runs in another child
    wire            values over a socket, with a size limit and a deadline

Testing it: `doctor` (`mmlab doctor --grade`) tries every limit on this machine with the code in `probes`.
"""
