"""The simulated model: it answers from the pixels and samples alone, with the readers of mmlab.perception.

prompt              Prompt and Reply, independent of the provider
answers             Answer: in a word or two, and as a sentence
vocabulary          the words of a request, in the world's spelling
languages           questions in German, French and Spanish; their words are in language_tables
question_parts      the questions of a message that has several
vision              what a model sees in an image, with its declared weaknesses
shape_groups        the group of shapes that words describe; usual_wording rewrites the words first
scene_query         what a question about shapes asks, as a Query
shape_selection     the shapes of a group, as the model sees them
scene_questions     questions about an image of shapes
documents           documents: several pages joined into one, and plain text
page_facts          the facts, goods and clauses on a printed page
label_wording       the label that a question about a page asks for
document_questions  questions about a printed page; goods_questions: about its goods and prices
pages               charts, code editors and screens: their data
chart_questions     questions about a chart
screen_questions    questions about a screen
computer_use        the next action on a screen towards a goal
audio               what a model hears in a clip, and questions about it
video               what happens in a video or a series of images, and questions about it
generation          images and embeddings made from text
image_edits         edits of an image that a text asks for
structured_output   replies that satisfy a JSON schema
schema_rules        the rules of a schema for one value: bounds, lengths, patterns, formats, references
words_for_json      JSON that a prompt asks for in words
reply               the reply to a prompt, from all of these
"""

from mmlab.api.server.model.prompt import Call, Prompt, Reply, Tool, Turn
from mmlab.api.server.model.reply import reply, thought

__all__ = ["Call", "Prompt", "Reply", "Tool", "Turn", "reply", "thought"]
