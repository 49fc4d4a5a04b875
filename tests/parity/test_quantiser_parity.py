"""Week 01's tokeniser picks the codes that the quantiser of diffusers' VQModel picks, and gives its vectors."""

import pytest
import torch
from diffusers import VQModel

from answers import reference, week_called

pytestmark = pytest.mark.week("01_architectures")
WEEK = week_called("01_architectures")
SMALL = {
    "block_out_channels": (8,),
    "norm_num_groups": 4,
    "latent_channels": 4,
    "num_vq_embeddings": 24,
    "vq_embed_dim": 4,
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_codes_and_vectors_are_those_of_vqmodel(dtype):
    torch.manual_seed(0)
    model = VQModel(**SMALL).to(dtype).eval()
    torch.nn.init.normal_(model.quantize.embedding.weight)
    with torch.no_grad():
        latents = model.encode(torch.randn(2, 3, 6, 10, dtype=dtype)).latents
        latents = (latents - latents.mean((0, 2, 3), keepdim=True)) / latents.std((0, 2, 3), keepdim=True)
        vectors, _, (_, _, codes) = model.quantize(latents)
    words, tokenizer = (
        100,
        reference(WEEK, "vq_tokenize_image")(model.quantize.embedding.weight.detach(), 100),
    )
    for image in range(2):
        ids = tokenizer.encode(latents[image].permute(1, 2, 0))
        body = ids[1:-1].reshape(6, 11)[:, :10] - (words + 3)
        assert torch.equal(body.flatten(), codes.reshape(2, -1)[image])
        torch.testing.assert_close(tokenizer.decode(ids), vectors[image].permute(1, 2, 0))
    assert len(codes.unique()) > 8  # one code everywhere would prove nothing
