"""Results for nbgrader and for students: the database, the graded notebooks, the feedback pages, the export.

gradebook          save a batch of results in nbgrader's database; read the standings
database           open the database for one transaction, retry while it is locked, back it up
assignment, rows   the rows for a week's cells and for a batch of submissions
files              autograded/STUDENT/WEEK/lab.ipynb, which formgrader shows
feedback, page     feedback/STUDENT/WEEK/lab.html, and the content of that page
roster             the class list: names, extensions, missing submissions
roster_columns     the columns of a roster, as LMSs and Excel name them
student_names      one id for the two Unicode forms of a name
export             `mmlab export`: scores as a table for an LMS
lms_tables         scores as the files that Canvas and Moodle import
nbgrader_runner    the same submissions through nbgrader's own converters, for comparison
autograde_hooks    preprocessors that stock nbgrader loads
"""
