"""Google's wire protocol: a module for each resource of the API, and a shared one.

content   shared: parses contents into a prompt
generate  generateContent, countTokens and models
files     files, with resumable uploads
embed     embeddings
interactions  conversations as steps, stored by id
"""

from mmlab.api.server.google import embed, files, generate, interactions

ROUTES = (*generate.ROUTES, *files.ROUTES, *embed.ROUTES, *interactions.ROUTES)
