"""From a student's file to a lab that can be run: the stages read, validate, match and repair.

    collect         unpack an LMS export into submitted/STUDENT/WEEK/
    export_names    collect: the naming schemes of LMSs; gradescope and plain_folders are two more
    known_students  collect: the ids of a roster
    times           the time of a submission, in any zone
    submissions     read: find the submissions of a week, and load the notebook of one
    folders         read: list and open a student's files, without following links
    file_selection  read: choose among several notebooks and zips
    archive         read: zip files, in memory and within limits
    json_recovery   read: decode the bytes and parse the JSON, or say what the file is
    companions      read: the student's own modules, data and notebooks beside the notebook
    plain_lab       validate: JSON → cells with known types and bounded sizes
    cell_matching   match: which cell answers which exercise
    bindings        match: the names that a cell's code defines, parsed and never run
    limited         run what parses students' code in a process with limits
    repair          repair: the released cells, with the student's answers in them
    findings        repair: one sentence for the student for each repair; labs of other weeks are refused

`repair.prepare` runs all stages for one submission and raises nothing for what a student may submit.
"""
