"""Documents with known ground truth: pages, charts and screens drawn from a seed.

    page            Sheet, on which everything is drawn, and Document, the result
    names           invented people, firms, addresses, goods and dates
    strokes         lines, discs and slices
    invoice         line items, tax, total, and optionally one planted fault
    receipt         a till receipt
    menu            dishes and prices
    form            labels, answers, ticked choices
    contract        a page of clauses
    chart           bar, line and pie charts
    code            an editor with a program that compiles
    screen          the state of an application, and the effect of input
    screen_drawing  the image of a screen, and the effect of clicks
    before_after    two images with planted differences
    faces           drawn faces among other objects
    degraded_scan   slant and noise

Most functions take a seed and return a Document: the image, the exact text, the exact
fields, and the box of each text.
"""

from mmlab.world.documents.before_after import SUBJECTS, Difference, Pair, before_after
from mmlab.world.documents.chart import CHARTS, chart, trend_of
from mmlab.world.documents.code import code_page
from mmlab.world.documents.contract import contract
from mmlab.world.documents.degraded_scan import degraded
from mmlab.world.documents.faces import faces
from mmlab.world.documents.form import form
from mmlab.world.documents.invoice import FAULTS, invoice
from mmlab.world.documents.menu import menu
from mmlab.world.documents.page import Document, Piece, in_lines
from mmlab.world.documents.receipt import receipt
from mmlab.world.documents.screen import APPLICATIONS, Element, Screen, enter, press, screen
from mmlab.world.documents.screen_drawing import click, draw, screenshot
from mmlab.world.files.pdf import pdf, pdf_pages

__all__ = [
    "APPLICATIONS",
    "CHARTS",
    "FAULTS",
    "SUBJECTS",
    "Difference",
    "Document",
    "Element",
    "Pair",
    "Piece",
    "Screen",
    "before_after",
    "chart",
    "click",
    "code_page",
    "contract",
    "draw",
    "enter",
    "faces",
    "form",
    "in_lines",
    "invoice",
    "menu",
    "pdf",
    "pdf_pages",
    "press",
    "receipt",
    "screen",
    "screenshot",
    "trend_of",
    "degraded",
]
