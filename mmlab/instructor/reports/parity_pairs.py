"""Pairs of our module and the library's with the same weights and inputs, for the parity page and its test.

Each function gets a dtype and returns what the two sides return; the weights are random and none is 0 or 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from mmlab.models.attention import MultiHeadAttention

WIDTH, HEADS, CONTEXT = 40, 5, 28
Outputs = tuple[Any, Any]


def randomised(model: nn.Module, dtype: torch.dtype) -> nn.Module:
    """Return the model in eval mode and of that dtype, with noise on every weight."""
    import torch

    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.to(dtype).eval()


def sequences(dtype: torch.dtype, width: int = WIDTH) -> tuple[Tensor, Tensor, Tensor]:
    """Return x (4, 6, D), a context (4, 9, width) and the mask (4, 9) of its ragged lengths."""
    import torch

    mask = torch.arange(9) < torch.tensor([9, 5, 1, 7])[:, None]
    return torch.randn(4, 6, WIDTH).to(dtype) * 1.7, torch.randn(4, 9, width).to(dtype) * 1.3, mask


def vit_pair(dtype: torch.dtype) -> tuple[nn.Module, nn.Module, Tensor]:
    """Return our ViT, a ViTModel with its weights, and pixels."""
    import torch
    from transformers import ViTConfig, ViTModel

    from mmlab.models import vit, weights

    config = vit.VisionConfig(image_size=24, patch=8, width=WIDTH, layers=2, heads=HEADS, mlp_ratio=3)
    ours = randomised(vit.ViT(config), dtype)
    theirs = ViTModel(ViTConfig(**weights.vit_config(ours)), add_pooling_layer=False).to(dtype).eval()
    theirs.load_state_dict(weights.vit_to_transformers(ours.state_dict()))
    return ours, theirs, torch.randn(7, 3, 24, 24).to(dtype) * 1.7


def patches(dtype: torch.dtype) -> Outputs:
    """Return the patch embeddings of both sides."""
    ours, theirs, pixels = vit_pair(dtype)
    return ours.patches(pixels).flatten(2).transpose(1, 2), theirs.embeddings.patch_embeddings(pixels)


def vit_layer(dtype: torch.dtype) -> Outputs:
    """Return what one block of both sides returns."""
    ours, theirs, _ = vit_pair(dtype)
    x = sequences(dtype)[0]
    return ours.blocks[1](x), theirs.layers[1](x)


def vit_model(dtype: torch.dtype) -> Outputs:
    """Return the tokens of both sides."""
    ours, theirs, pixels = vit_pair(dtype)
    return ours(pixels), theirs(pixels).last_hidden_state


def clip_pair(dtype: torch.dtype) -> tuple[nn.Module, nn.Module, Tensor, Tensor]:
    """Return our CLIP, a CLIPModel with its weights, pixels, and ids of texts of several lengths."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    from mmlab.models import clip, text, vit, weights

    tower = text.TextConfig(
        vocabulary_size=50, width=32, layers=2, heads=4, length=13, activation="quick_gelu"
    )
    vision = vit.VisionConfig(24, 8, WIDTH, 2, HEADS, activation="quick_gelu", pre_norm=True)
    ours = randomised(clip.CLIP(vit.ViT(vision), text.TextTower(tower), 24), dtype)
    theirs = CLIPModel(CLIPConfig(**weights.clip_config(ours))).to(dtype).eval()
    theirs.load_state_dict(weights.clip_to_transformers(ours.state_dict()))
    ids = torch.randint(1, 48, (7, 13))
    for row in range(7):
        ids[row, 3 + row], ids[row, 4 + row :] = 49, 0
    return ours, theirs, torch.randn(7, 3, 24, 24).to(dtype), ids


def clip_model(dtype: torch.dtype) -> Outputs:
    """Return the logits of both sides on images and texts."""
    ours, theirs, pixels, ids = clip_pair(dtype)
    return ours(pixels, ids), theirs(input_ids=ids, pixel_values=pixels).logits_per_image


def text_tower(dtype: torch.dtype) -> Outputs:
    """Return the text embeddings of both sides."""
    from transformers import CLIPTextModelWithProjection

    ours, model, _, ids = clip_pair(dtype)
    theirs = CLIPTextModelWithProjection(model.config.text_config).to(dtype).eval()
    theirs.load_state_dict({name: model.state_dict()[name] for name in theirs.state_dict()})
    return ours.encode_text(ids), theirs(input_ids=ids).text_embeds


def siglip_loss(dtype: torch.dtype) -> Outputs:
    """Return our loss of a SiglipModel's embeddings, and the model's own loss."""
    import torch
    from transformers import SiglipConfig, SiglipModel

    from mmlab.losses import siglip_loss

    tower = dict(intermediate_size=56, num_hidden_layers=2, num_attention_heads=4, hidden_size=36)
    words = dict(vocab_size=41, max_position_embeddings=9, projection_size=36, **tower)
    words.update(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    config = SiglipConfig(text_config=words, vision_config=dict(image_size=24, patch_size=8, **tower))
    model = randomised(SiglipModel(config), dtype)
    ids, pixels = torch.randint(3, 41, (7, 9)), torch.randn(7, 3, 24, 24).to(dtype)
    theirs = model(input_ids=ids, pixel_values=pixels, return_loss=True)
    temperature, bias = (-model.logit_scale).exp(), model.logit_bias
    ours = siglip_loss(3 * theirs.image_embeds, 0.2 * theirs.text_embeds, temperature, bias)
    return ours.squeeze(), theirs.loss


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    """Give torch's attention the weights of ours."""
    import torch

    parts = {"q": ours.query, "k": ours.key, "v": ours.value}
    with torch.no_grad():
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts.values()]))
        if theirs.in_proj_weight is not None:
            theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts.values()]))
        else:  # keys and values of another width
            for name, part in parts.items():
                getattr(theirs, f"{name}_proj_weight").copy_(part.weight)
    theirs.out_proj.load_state_dict(ours.out.state_dict())


def self_attention(dtype: torch.dtype) -> Outputs:
    """Return causal self-attention of both sides."""
    from torch import nn

    from mmlab.models.attention import MultiHeadAttention, causal_mask

    ours = randomised(MultiHeadAttention(WIDTH, HEADS), dtype)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=dtype)
    copy_attention(ours, theirs)
    x, mask = sequences(dtype)[0], causal_mask(6)
    return ours(x, mask=mask), theirs(x, x, x, attn_mask=~mask)[0]


def encoder_block(dtype: torch.dtype) -> Outputs:
    """Return what the transformer block of both sides returns, causal."""
    from torch import nn

    from mmlab.models.attention import TransformerBlock, causal_mask

    ours = randomised(TransformerBlock(WIDTH, HEADS, 3), dtype)
    theirs = nn.TransformerEncoderLayer(
        WIDTH, HEADS, 3 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True, dtype=dtype
    )
    copy_attention(ours.attention, theirs.self_attn)
    copy_mlp_and_norms(ours, theirs, norms=2)
    x, mask = sequences(dtype)[0], causal_mask(6)
    return ours(x, mask), theirs(x, src_mask=~mask)


def copy_mlp_and_norms(ours: nn.Module, theirs: nn.Module, norms: int) -> None:
    """Give a layer of torch the MLP and the norms of our block."""
    theirs.linear1.load_state_dict(ours.mlp[0].state_dict())
    theirs.linear2.load_state_dict(ours.mlp[2].state_dict())
    for number in range(1, norms + 1):
        getattr(theirs, f"norm{number}").load_state_dict(getattr(ours, f"norm{number}").state_dict())


def cross_pair(dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """Return our attention with keys of another width and a MultiheadAttention with its weights."""
    from torch import nn

    from mmlab.models.attention import MultiHeadAttention

    ours = randomised(MultiHeadAttention(WIDTH, HEADS, CONTEXT), dtype)
    theirs = nn.MultiheadAttention(WIDTH, HEADS, kdim=CONTEXT, vdim=CONTEXT, batch_first=True, dtype=dtype)
    copy_attention(ours, theirs)
    return ours, theirs


def cross_attention(dtype: torch.dtype) -> Outputs:
    """Return cross-attention of both sides, with padding."""
    ours, theirs = cross_pair(dtype)
    x, context, mask = sequences(dtype, CONTEXT)
    return ours(x, context, mask[:, None, None]), theirs(x, context, context, key_padding_mask=~mask)[0]


def decoder_pair(dtype: torch.dtype, activation: str = "gelu") -> tuple[nn.Module, nn.Module]:
    """Return our decoder block and a TransformerDecoderLayer with its weights."""
    from torch import nn

    from mmlab.models.fusion import DecoderBlock

    ours = randomised(DecoderBlock(WIDTH, HEADS, 3, activation), dtype)
    theirs = nn.TransformerDecoderLayer(
        WIDTH, HEADS, 3 * WIDTH, 0.0, activation, batch_first=True, norm_first=True, dtype=dtype
    )
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.cross, theirs.multihead_attn)
    copy_mlp_and_norms(ours, theirs, norms=3)
    return ours, theirs


def decoder_block(dtype: torch.dtype) -> Outputs:
    """Return what the decoder block of both sides returns, causal and with padding of the context."""
    from mmlab.models.attention import causal_mask

    ours, theirs = decoder_pair(dtype)
    x, context, mask = sequences(dtype)
    wanted = theirs(x, context, tgt_mask=~causal_mask(6), memory_key_padding_mask=~mask)
    return ours(x, context, context_mask=mask), wanted


def without_bias(ours: nn.Linear, theirs: nn.Linear) -> None:
    """Give our layer the weights of theirs, which has no bias."""
    import torch

    with torch.no_grad():
        ours.weight.copy_(theirs.weight)
        ours.bias.zero_()


def resampler(dtype: torch.dtype) -> Outputs:
    """Return the latents of both sides; Idefics has no biases, so ours are 0."""
    from transformers import IdeficsConfig
    from transformers.models.idefics.perceiver import IdeficsPerceiverResampler

    from mmlab.models.fusion import Resampler

    config = IdeficsConfig(
        vision_config={"embed_dim": WIDTH}, perceiver_config={"qk_layer_norms_perceiver": False}
    )
    theirs = IdeficsPerceiverResampler(
        config, embed_dim=WIDTH, depth=2, n_heads=HEADS, head_dim=WIDTH // HEADS, n_latents=6
    )
    theirs = randomised(theirs, dtype)
    ours = Resampler(WIDTH, HEADS, latents=6, layers=2, activation="relu").to(dtype).eval()
    ours.latents.data.copy_(theirs.latents)
    for layer, (attention, feed_forward) in zip(ours.layers, theirs.blocks, strict=True):
        mixed = layer["attention"]
        names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "out": "output_proj"}
        for name, name_there in names.items():
            without_bias(getattr(mixed, name), getattr(attention, name_there))
        without_bias(layer["mlp"][0], feed_forward.fc)
        without_bias(layer["mlp"][2], feed_forward.c_proj)
        layer["norm_features"].load_state_dict(attention.context_layer_norm.state_dict())
        layer["norm_latents"].load_state_dict(attention.latents_layer_norm.state_dict())
        layer["norm_mlp"].load_state_dict(feed_forward.ln.state_dict())
    ours.norm.load_state_dict(theirs.layer_norm.state_dict())
    features = sequences(dtype)[1]
    return ours(features), theirs(features)


QFORMER = {  # our names → those of Blip2QFormerModel, within a layer
    "attention.out": "attention.output.dense",
    "attention": "attention.attention",
    "norm1": "attention.output.LayerNorm",
    "cross.out": "crossattention.output.dense",
    "cross": "crossattention.attention",
    "norm2": "crossattention.output.LayerNorm",
    "mlp.0": "intermediate_query.dense",
    "mlp.2": "output_query.dense",
    "norm3": "output_query.LayerNorm",
}


def query_pair(dtype: torch.dtype, activation: str = "gelu") -> tuple[nn.Module, nn.Module]:
    """Return our query transformer of three layers and a Blip2QFormerModel with its weights."""
    from transformers import Blip2QFormerConfig, Blip2QFormerModel

    from mmlab.models.fusion import QueryTransformer

    ours = QueryTransformer(
        WIDTH, HEADS, 6, layers=3, mlp_ratio=3, activation=activation, context_width=CONTEXT
    )
    ours = randomised(ours, dtype)
    state = {f"layernorm.{name}": value for name, value in ours.norm.state_dict().items()}
    for number, block in enumerate(ours.blocks):
        for name, value in block.state_dict().items():
            part = next(part for part in QFORMER if name.startswith(f"{part}."))
            state[f"encoder.layer.{number}.{QFORMER[part]}{name.removeprefix(part)}"] = value
    config = Blip2QFormerConfig(
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        num_hidden_layers=3,
        intermediate_size=3 * WIDTH,
        encoder_hidden_size=CONTEXT,
        cross_attention_frequency=2,
        hidden_act=activation,
        use_qformer_text_input=False,
    )
    theirs = Blip2QFormerModel(config).to(dtype).eval()
    theirs.load_state_dict(state)
    return ours, theirs


def query_transformer(dtype: torch.dtype) -> Outputs:
    """Return the queries of both sides, with padding of the features."""
    ours, theirs = query_pair(dtype)
    _, features, mask = sequences(dtype, CONTEXT)
    queries = ours.queries.expand(len(features), -1, -1)
    wanted = theirs(queries, encoder_hidden_states=features, encoder_attention_mask=mask.long())
    return ours(features, mask), wanted.last_hidden_state


def normed_heads(linear: nn.Linear, norm: nn.Module, heads: int) -> nn.Module:
    """Return the layer, then an RMS norm of each head: what Mllama does to queries and keys, and our attention does not."""
    from torch import nn

    both = nn.Sequential(linear, nn.Unflatten(2, (heads, -1)), norm, nn.Flatten(2))
    both.in_features = linear.in_features
    return both


def mllama_config() -> Any:
    """Return the configuration of a small Mllama text model, without grouped keys."""
    from transformers import MllamaTextConfig

    return MllamaTextConfig(
        hidden_size=WIDTH,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS,
        intermediate_size=3 * WIDTH,
        num_hidden_layers=2,
        cross_attention_layers=[1],
        attn_implementation="sdpa",
    )


def mllama_weights(ours: MultiHeadAttention, theirs: Any) -> None:
    """Give our attention Mllama's weights, biases of 0, and its two norms."""
    names = {"query": "q_proj", "key": "k_proj", "value": "v_proj", "out": "o_proj"}
    for name, name_there in names.items():
        without_bias(getattr(ours, name), getattr(theirs, name_there))
    ours.query = normed_heads(ours.query, theirs.q_norm, ours.heads)
    ours.key = normed_heads(ours.key, theirs.k_norm, ours.heads)


def mllama_attention(dtype: torch.dtype) -> Outputs:
    """Return cross-attention of both sides, with padding."""
    from transformers.models.mllama.modeling_mllama import MllamaTextCrossAttention

    from mmlab.models.attention import MultiHeadAttention

    theirs = randomised(MllamaTextCrossAttention(mllama_config(), layer_idx=1), dtype)
    ours = MultiHeadAttention(WIDTH, HEADS).to(dtype)
    mllama_weights(ours, theirs)
    x, context, mask = sequences(dtype)
    mask = mask[:, None, None].expand(4, 1, 6, 9)
    return ours(x, context, mask), theirs(x, context, attention_mask=mask)[0]


def mllama_block(dtype: torch.dtype) -> Outputs:
    """Return what the gated block of both sides returns; ours has Mllama's RMS norms and gated MLP."""
    from transformers.models.mllama.modeling_mllama import MllamaCrossAttentionDecoderLayer

    from mmlab.models.fusion import GatedCrossBlock

    theirs = randomised(MllamaCrossAttentionDecoderLayer(mllama_config(), layer_idx=1), dtype)
    ours = GatedCrossBlock(WIDTH, HEADS).to(dtype)
    mllama_weights(ours.cross, theirs.cross_attn)
    ours.norm1, ours.norm2, ours.mlp = theirs.input_layernorm, theirs.post_attention_layernorm, theirs.mlp
    ours.gate_attention.data.copy_(theirs.cross_attn_attn_gate[0])
    ours.gate_mlp.data.copy_(theirs.cross_attn_mlp_gate[0])
    x, context, mask = sequences(dtype)
    wanted = theirs(x, context, mask[:, None, None].expand(4, 1, 6, 9), None, None)
    return ours(x, context, mask), wanted


def language_model(dtype: torch.dtype) -> Outputs:
    """Return the logits of both sides for prompts that are padded at the left, without those at the padding."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from mmlab.models import language, weights

    config = language.LanguageConfig(50, width=WIDTH, layers=2, heads=HEADS, length=16)
    ours = randomised(language.LanguageModel(config), dtype)
    theirs = GPT2LMHeadModel(GPT2Config(**weights.gpt2_config(ours), bos_token_id=0, eos_token_id=0))
    theirs.load_state_dict(weights.gpt2_to_transformers(ours.state_dict()))
    mask = torch.arange(9) >= torch.tensor([0, 4, 8, 2])[:, None]
    ids, positions = torch.randint(0, 50, (4, 9)), (mask.cumsum(1) - 1).clamp(min=0)
    out = theirs.to(dtype).eval()(ids, attention_mask=mask.long(), position_ids=positions)
    return ours(ids, mask)[mask], out.logits[mask]


def projector(dtype: torch.dtype) -> Outputs:
    """Return the projected features of both sides."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig
    from transformers.models.llava.modeling_llava import LlavaMultiModalProjector

    from mmlab.models import vlm

    ours = randomised(vlm.Projector(CONTEXT, WIDTH), dtype)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(hidden_size=CONTEXT, num_attention_heads=4),
        text_config=LlamaConfig(hidden_size=WIDTH, num_attention_heads=HEADS),
    )
    theirs = LlavaMultiModalProjector(config).to(dtype).eval()
    theirs.linear_1.load_state_dict(ours.linear1.state_dict())
    theirs.linear_2.load_state_dict(ours.linear2.state_dict())
    features = torch.randn(4, 9, CONTEXT).to(dtype) * 1.7
    return ours(features), theirs(features)


# component, week, our class, library, the library's class, what differs, function
PAIRS = (
    (
        "transformer block",
        "01",
        "attention.TransformerBlock",
        "torch",
        "TransformerEncoderLayer(norm_first=True)",
        "",
        encoder_block,
    ),
    ("CLIP", "02", "clip.CLIP", "transformers", "CLIPModel", "", clip_model),
    (
        "text tower",
        "02",
        "clip.CLIP.encode_text",
        "transformers",
        "CLIPTextModelWithProjection",
        "",
        text_tower,
    ),
    ("sigmoid loss", "02", "losses.siglip_loss", "transformers", "SiglipModel", "", siglip_loss),
    ("patch embeddings", "03", "vit.ViT.patches", "transformers", "ViTPatchEmbeddings", "", patches),
    ("ViT block", "03", "attention.TransformerBlock", "transformers", "ViTLayer", "", vit_layer),
    ("ViT", "03", "vit.ViT", "transformers", "ViTModel", "", vit_model),
    (
        "self-attention",
        "03",
        "attention.MultiHeadAttention",
        "torch",
        "MultiheadAttention",
        "",
        self_attention,
    ),
    (
        "cross-attention",
        "04",
        "attention.MultiHeadAttention",
        "torch",
        "MultiheadAttention(kdim, vdim)",
        "",
        cross_attention,
    ),
    (
        "decoder block",
        "04",
        "fusion.DecoderBlock",
        "torch",
        "TransformerDecoderLayer(norm_first=True)",
        "",
        decoder_block,
    ),
    (
        "resampler",
        "04",
        "fusion.Resampler",
        "transformers",
        "IdeficsPerceiverResampler",
        "Idefics has no biases: ours are 0",
        resampler,
    ),
    ("Q-Former", "04", "fusion.QueryTransformer", "transformers", "Blip2QFormerModel", "", query_transformer),
    (
        "cross-attention of Llama 3.2",
        "04",
        "attention.MultiHeadAttention",
        "transformers",
        "MllamaTextCrossAttention",
        "Mllama has RMS norms on queries and keys, and no biases: the norms are put into ours, the biases are 0",
        mllama_attention,
    ),
    (
        "gated block of Llama 3.2",
        "04",
        "fusion.GatedCrossBlock",
        "transformers",
        "MllamaCrossAttentionDecoderLayer",
        "Mllama has RMS norms and an MLP with a gate: both are put into ours",
        mllama_block,
    ),
    ("language model", "05", "language.LanguageModel", "transformers", "GPT2LMHeadModel", "", language_model),
    ("projector", "05", "vlm.Projector", "transformers", "LlavaMultiModalProjector", "", projector),
)
