"""Never ends, with every signal blocked or ignored."""

raise SystemExit("an attack on the grader, kept for its tests: not to be run")

# %% first
import signal

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
signal.setitimer(signal.ITIMER_REAL, 0)
while True:
    try:
        while True:
            pass
    except BaseException as error:
        print(error)
