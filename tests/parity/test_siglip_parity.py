"""Our sigmoid loss is the one SiglipModel computes."""

import torch
from transformers import SiglipConfig, SiglipModel

from mmlab.losses import siglip_loss, siglip_loss_of_logits


def siglip():
    """Return a small SiglipModel with random weights, a scale and a bias that show."""
    torch.manual_seed(7)
    tower = dict(intermediate_size=56, num_hidden_layers=2, num_attention_heads=4, hidden_size=36)
    text = dict(vocab_size=41, max_position_embeddings=9, projection_size=36, **tower)
    text.update(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    vision = dict(image_size=24, patch_size=8, **tower)
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision)).eval()
    with torch.no_grad():
        model.logit_scale.fill_(1.3)
        model.logit_bias.fill_(-2.1)
    return model


def test_siglip_loss_is_SiglipModels_loss_on_embeddings_and_on_logits():
    model = siglip()
    ids, pixels = torch.randint(3, 41, (7, 9)), torch.randn(7, 3, 24, 24)
    with torch.no_grad():
        theirs = model(input_ids=ids, pixel_values=pixels, return_loss=True)
        temperature, bias = (-model.logit_scale).exp(), model.logit_bias
    # scaled afresh: a loss that forgot to normalise would show
    image, text = 3 * theirs.image_embeds, 0.2 * theirs.text_embeds
    tolerance = dict(rtol=1e-5, atol=1e-5)
    ours = siglip_loss(image, text, temperature, bias).squeeze()
    torch.testing.assert_close(ours, theirs.loss, **tolerance)
    by_logits = siglip_loss_of_logits(theirs.logits_per_image)
    torch.testing.assert_close(by_logits, theirs.loss, **tolerance)
