"""`mmlab grade`: from a student's file to a score and a feedback page.

Each submission goes through one pipeline:

    read      intake.submissions     find the submission and load its notebook from any file: zip, copy, other encoding
    validate  intake.plain_lab       copy the cells into plain, bounded values; refuse what is not a lab
    match     intake.cell_matching   decide which of the student's cells answers which exercise
    repair    intake.repair          rebuild the released lab around the student's answers
    run       submission_session     run the cells in sandboxed child processes, and each answer in a fork at its check cell
    judge     judge                  compare each answer with the hidden cases outside the sandbox; name the misconception

`grader` runs these six stages for one submission. `records` defines what passes from one stage to the next.

Students' code is parsed in a process with limits (`intake.limited`), never in the grader's own.

Around the pipeline:

    command       the `mmlab grade` command; request checks its arguments, report formats its result
    engine        grades many submissions in threads; dask_engine does the same on a Dask cluster
    hidden_cases  the course's secret seed and the test cases made from it
    withheld      library code that a week forbids, removed from what the sandbox shows
    journal       results on disk, so that a stopped run can resume; lock allows one run per course at a time
    batches       writes results to the database, the notebooks and the pages, many at a time
    register      what each submission was last graded with
    progress      the progress line; logs keeps durations and memory, without names

Sub-packages: `intake` (read to repair), `sandbox` (run), `gradebook` (nbgrader's database, notebooks and pages).
"""
