"""Documents with known truth: pages, charts and screens drawn from a seed.

    page        the sheet that everything is drawn on, and what becomes of it
    names       made-up people, firms, places, goods, dates
    strokes     lines, discs and slices
    invoice     line items, tax, total, and one planted fault if asked for
    receipt     a till's strip
    menu        dishes and prices
    form        labels, answers, ticks
    contract    a page of clauses
    chart       bars, lines, pies
    code        an editor with a program that compiles
    screen      an application's state, and what clicks and keys do to it
    screen_drawing  how it looks
    before_after    two pictures with planted differences
    faces       drawn faces among other things
    pdf         pages to the bytes of a file and back
    worn        slant and noise

Each function takes a seed and returns a Document: the picture, the exact text,
the exact fields, and where each text lies.
"""

from mmlab.world.documents.before_after import SUBJECTS, Difference, Pair, before_after
from mmlab.world.documents.chart import CHARTS, chart, trend_of
from mmlab.world.documents.code import code_page
from mmlab.world.documents.contract import contract
from mmlab.world.documents.faces import faces
from mmlab.world.documents.form import form
from mmlab.world.documents.invoice import FAULTS, invoice
from mmlab.world.documents.menu import menu
from mmlab.world.documents.page import Document, Piece, in_lines
from mmlab.world.documents.pdf import pdf, pdf_pages
from mmlab.world.documents.receipt import receipt
from mmlab.world.documents.screen import APPLICATIONS, Element, Screen, click, enter, press, screen, screenshot
from mmlab.world.documents.screen_drawing import draw
from mmlab.world.documents.worn import worn

__all__ = [
    "APPLICATIONS", "CHARTS", "FAULTS", "SUBJECTS", "Difference", "Document", "Element", "Pair", "Piece",
    "Screen", "before_after", "chart", "click", "code_page", "contract", "draw", "enter", "faces", "form",
    "in_lines", "invoice", "menu", "pdf", "pdf_pages", "press", "receipt", "screen", "screenshot",
    "trend_of", "worn",
]  # fmt: skip
