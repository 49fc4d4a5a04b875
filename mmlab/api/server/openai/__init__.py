"""OpenAI's wire protocol: a module for each resource of the API, and a shared one.

content    shared: models, images, documents, tools and schemas of a request
chat       Chat Completions
responses  Responses
audio      transcriptions, speech, and audio in messages
images     embeddings, generated and edited images
files      models and files
batches    batches
"""

from mmlab.api.server.openai import audio, batches, chat, files, images, responses

ROUTES = (*chat.ROUTES, *responses.ROUTES, *files.ROUTES, *images.ROUTES, *audio.ROUTES, *batches.ROUTES)
