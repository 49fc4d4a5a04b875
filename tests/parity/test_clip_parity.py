"""Our CLIP is transformers' CLIPModel: same weights, same numbers, both ways."""

import pytest
import torch
from transformers import CLIPConfig, CLIPModel, CLIPTextModelWithProjection

from mmlab.losses import contrastive_loss_of_logits
from mmlab.models import clip, weights
from mmlab.models.attention import ACTIVATIONS
from mmlab.models.text import TextConfig, TextTower
from mmlab.models.vit import VisionConfig, ViT

SIZE = 41  # ids


def close(ours, theirs, tolerance=1e-5):
    """Demand equal shapes, then values within 1e-5, relative and absolute."""
    assert ours.shape == theirs.shape
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)


def random_ours(activation="gelu"):
    """Return a CLIP whose every weight is random, sizes all unequal."""
    torch.manual_seed(1)
    vision = ViT(VisionConfig(24, 8, 40, 3, 5, activation=activation, pre_norm=True, mlp_ratio=3))
    text = TextTower(TextConfig(SIZE, 48, 2, 6, 13, activation=activation, mlp_ratio=2))
    model = clip.CLIP(vision, text, embed_width=28)
    return shaken(model)


def shaken(model):
    """Return the model in eval mode with noise on every weight, so none is 0 or 1."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def random_theirs(activation="gelu", end=SIZE - 1):
    """Return a CLIPModel with random weights."""
    torch.manual_seed(2)
    tower = dict(num_hidden_layers=2, hidden_act=activation)
    text = dict(
        hidden_size=48,
        intermediate_size=100,
        num_attention_heads=6,
        vocab_size=SIZE,
        max_position_embeddings=13,
        eos_token_id=end,
        bos_token_id=1,
        pad_token_id=0,
        **tower,
    )
    vision = dict(
        hidden_size=40, intermediate_size=90, num_attention_heads=5, image_size=24, patch_size=8, **tower
    )
    return shaken(CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=28)))


def inputs(end=SIZE - 1):
    """Return pixels (7, 3, 24, 24) and ids (7, 13) whose texts end in different places."""
    generator = torch.Generator().manual_seed(3)
    pixels = torch.randn(7, 3, 24, 24, generator=generator) * 1.7 + 0.3
    ids = torch.randint(3, SIZE - 2, (7, 13), generator=generator)
    for row in range(7):
        ids[row, 3 + row] = end
        ids[row, 4 + row :] = 0
    return pixels, ids


def loaded_theirs(ours):
    """Return a CLIPModel that holds our model's weights."""
    theirs = CLIPModel(CLIPConfig(**weights.clip_config(ours)))
    theirs.load_state_dict(weights.clip_to_transformers(ours.state_dict()))
    return theirs.eval()


def loaded_ours(theirs):
    """Return our CLIP with their model's weights."""
    ours = weights.clip_from_config(theirs.config.to_dict())
    ours.load_state_dict(weights.clip_from_transformers(theirs.state_dict()))
    return ours.eval()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_our_weights_give_the_library_our_logits_and_loss(activation):
    ours, (pixels, ids) = random_ours(activation), inputs()
    theirs = loaded_theirs(ours)(input_ids=ids, pixel_values=pixels, return_loss=True)
    logits = ours(pixels, ids)
    close(logits, theirs.logits_per_image)
    close(logits.T, theirs.logits_per_text)
    close(contrastive_loss_of_logits(logits), theirs.loss)


@pytest.mark.parametrize("activation", weights.ACTIVATIONS.values())
def test_their_random_weights_give_us_their_logits(activation):
    theirs, (pixels, ids) = random_theirs(activation), inputs()
    ours = loaded_ours(theirs)
    close(ours(pixels, ids), theirs(input_ids=ids, pixel_values=pixels).logits_per_image)


def test_a_round_trip_through_their_names_is_equal_bit_for_bit():
    state = random_ours().state_dict()
    back = weights.clip_from_transformers(weights.clip_to_transformers(state))
    assert list(back) == list(state)
    assert all(torch.equal(back[name], state[name]) for name in state)
    theirs = random_theirs().state_dict()
    there = weights.clip_to_transformers(weights.clip_from_transformers(theirs))
    assert there.keys() == theirs.keys()
    assert all(torch.equal(there[name], theirs[name]) for name in theirs)


def test_a_round_trip_through_their_configuration_keeps_every_option():
    ours = random_ours("quick_gelu")
    config = CLIPConfig(**weights.clip_config(ours)).to_dict()
    back = weights.clip_from_config(config)
    assert back.vision.config == ours.vision.config
    assert back.text.config == ours.text.config


def test_the_embeddings_are_the_features_before_normalisation():
    ours, (pixels, ids) = random_ours(), inputs()
    theirs = loaded_theirs(ours)
    close(ours.encode_image(pixels), theirs.get_image_features(pixel_values=pixels).pooler_output)
    close(ours.encode_text(ids), theirs.get_text_features(input_ids=ids).pooler_output)


def test_the_text_tower_is_CLIPTextModelWithProjection():
    ours, (_, ids) = random_ours(), inputs()
    config = CLIPConfig(**weights.clip_config(ours)).text_config
    theirs = CLIPTextModelWithProjection(config).eval()
    renamed = weights.clip_to_transformers(ours.state_dict())
    theirs.load_state_dict({name: renamed[name] for name in theirs.state_dict()})
    output = theirs(input_ids=ids)
    close(ours.encode_text(ids), output.text_embeds)
    close(ours.text.norm(ours.text.hidden(ids)), output.last_hidden_state)


def test_both_rules_for_a_texts_end_find_the_same_place():
    ours, (_, ids) = random_ours(), inputs()
    by_first_end = loaded_theirs(ours)
    by_highest_id = loaded_theirs(ours)
    by_highest_id.text_model.eos_token_id = 2  # what old files say, and what it then does
    first = by_first_end.get_text_features(input_ids=ids).pooler_output
    highest = by_highest_id.get_text_features(input_ids=ids).pooler_output
    assert torch.equal(first, highest)
    close(ours.encode_text(ids), first)


def test_an_end_id_in_the_middle_of_the_vocabulary_is_honoured():
    theirs, (_, ids) = random_theirs(end=17), inputs(end=17)
    ids[2, 8:] = 17  # the library pads with the end id: the first one counts
    features = theirs.get_text_features(input_ids=ids).pooler_output
    close(loaded_ours(theirs).encode_text(ids), features)


def test_gradients_agree_too():
    ours, (pixels, ids) = random_ours(), inputs()
    theirs = loaded_theirs(ours)
    contrastive_loss_of_logits(ours(pixels, ids)).backward()
    theirs(input_ids=ids, pixel_values=pixels, return_loss=True).loss.backward()
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    renamed = weights.clip_to_transformers({n: p.grad for n, p in ours.named_parameters()})
    # 1e-4: sums of thousands of float32 products, in another order
    for name, gradient in renamed.items():
        close(gradient, gradients[name], tolerance=1e-4)


def test_the_course_clip_matches_the_library_at_its_own_size():
    torch.manual_seed(4)
    ours = shaken(clip.small(vocabulary_size=50))
    ids = torch.randint(1, 48, (6, 32))
    ids[:, 11], ids[:, 12:] = 49, 0
    pixels = torch.randn(6, 3, 32, 32)
    theirs = loaded_theirs(ours)(input_ids=ids, pixel_values=pixels, return_loss=True)
    close(ours(pixels, ids), theirs.logits_per_image)
    close(contrastive_loss_of_logits(ours(pixels, ids)), theirs.loss)
