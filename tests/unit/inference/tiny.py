"""Makes tiny random models with the file layout of the real ones, and says what plain transformers code
written after each model card answers. Run in a process of its own: torch is not for the tests'.

    python tests/unit/inference/tiny.py FOLDER

writes FOLDER/NAME/ for every model of `MODELS` and prints one JSON object, NAME -> answers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3Model,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaModel,
)

QUERY = "how do bees keep warm in winter"
PASSAGES = (
    "Bees keep warm.",
    "In winter the bees gather around their queen and shiver; the cluster stays at thirty degrees.",
    "蜜蜂冬天怎样取暖？它们围着蜂王发抖。",
    "A harbour master weighs barrels of cider at dawn, and nobody knows why, least of all the blind horse.",
    "Whales sing.",
    "The kettle is made of copper.",
    "BMW X1, 2022.",
    "He repaired the railway bridge before the frost came, without telling anyone in the valley.",
)
TASK = "Given a web search query, retrieve relevant passages that answer the query"
ZH = "为这个句子生成表示以用于检索相关文章："

Answers = dict[str, Any]


def corpus() -> list[str]:
    return [QUERY, *PASSAGES, TASK, ZH, "query: passage: yes no Instruct Query Document"]


# --- tokenizers with the real kinds of parts ----------------------------------------------------


def bert_tokenizer() -> PreTrainedTokenizerFast:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    raw.train_from_iterator(corpus(), trainer)
    raw.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=512,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def xlmr_tokenizer() -> PreTrainedTokenizerFast:
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    raw = Tokenizer(models.Unigram())
    raw.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    raw.pre_tokenizer = pre_tokenizers.Metaspace()
    raw.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=400, special_tokens=special, unk_token="<unk>", show_progress=False
    )
    raw.train_from_iterator(corpus(), trainer)
    raw.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    )


def qwen_tokenizer(*, closes: bool) -> PreTrainedTokenizerFast:
    """`closes`: the embedder's puts <|endoftext|> behind every text, the reranker's does not."""
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
    raw = Tokenizer(models.BPE())
    raw.normalizer = normalizers.NFC()
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    raw.train_from_iterator([*corpus(), *["yes", "no"] * 20], trainer)
    level = processors.ByteLevel(trim_offsets=False)
    closing = processors.TemplateProcessing(
        single="$A <|endoftext|>",
        pair="$A <|endoftext|> $B <|endoftext|>",
        special_tokens=[("<|endoftext|>", 0)],
    )
    raw.post_processor = processors.Sequence([level, closing]) if closes else level
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<|endoftext|>",
        eos_token="<|im_end|>",
        model_max_length=131072,
        model_input_names=["input_ids", "attention_mask"],
        padding_side="left",
    )


# --- checkpoints ---------------------------------------------------------------------------------


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def sentence_transformer(folder: Path, pooling: str, prompts: dict[str, str], max_length: int) -> None:
    """The files that sentence-transformers puts beside a transformer's (as published, before version 6)."""
    kinds = ("Transformer", "Pooling", "Normalize")
    modules = zip(range(3), ("", "1_Pooling", "2_Normalize"), kinds, strict=True)
    write(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, path, kind in modules
        ],
    )
    modes = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken")
    write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": 32, **{f"pooling_mode_{mode}": mode == pooling for mode in modes}},
    )
    write(folder / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False})
    write(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})


def bert_config(words: int, **more: Any) -> BertConfig:
    return BertConfig(
        vocab_size=words,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        initializer_range=0.5,
        **more,
    )


def xlmr_config(words: int, **more: Any) -> XLMRobertaConfig:
    return XLMRobertaConfig(
        vocab_size=words,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=514,
        type_vocab_size=1,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
        initializer_range=0.5,
        **more,
    )


def qwen_config(words: int) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=words,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        intermediate_size=64,
        max_position_embeddings=32768,
        tie_word_embeddings=True,
        initializer_range=0.3,
    )


def renamed(folder: Path, architecture: str) -> None:
    """Qwen3-Embedding is published as a Qwen3Model whose config.json says Qwen3ForCausalLM."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    write(folder / "config.json", {**config, "architectures": [architecture]})


# --- what the model cards do ---------------------------------------------------------------------


def pooled(
    folder: Path, texts: Sequence[str], pool: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], side: str
) -> list[list[float]]:
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side=side)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    inputs = tokenizer(list(texts), padding=True, truncation=True, max_length=512, return_tensors="pt")
    with torch.no_grad():
        vectors = pool(model(**inputs).last_hidden_state, inputs["attention_mask"])
    found: list[list[float]] = F.normalize(vectors, p=2, dim=1).tolist()
    return found


def cls_pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden[:, 0]


def average_pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return hidden.masked_fill(~mask[..., None].bool(), 0.0).sum(dim=1) / mask.sum(dim=1)[..., None]


def last_token_pool(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    if bool(mask[:, -1].sum() == mask.shape[0]):
        return hidden[:, -1]
    return hidden[torch.arange(len(hidden)), mask.sum(dim=1) - 1]


def embedder(
    folder: Path, pool: Any, *, query: str = "", passage: str = "", sides: Sequence[str] = ("right",)
) -> Answers:
    texts = [passage + text for text in PASSAGES]
    return {
        "query": pooled(folder, [query + QUERY], pool, sides[0])[0],
        "passages": {side: pooled(folder, texts, pool, side) for side in sides},
        "alone": [pooled(folder, [text], pool, sides[0])[0] for text in texts],
    }


def classifier(folder: Path) -> Answers:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    pairs = [[QUERY, passage] for passage in PASSAGES]
    with torch.no_grad():
        inputs = tokenizer(pairs, padding=True, truncation=True, return_tensors="pt", max_length=512)
        scores = model(**inputs).logits.view(-1).float().sigmoid()
    return {"scores": scores.tolist()}


def yes_no(folder: Path) -> Answers:
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    yes, no = tokenizer.convert_tokens_to_ids("yes"), tokenizer.convert_tokens_to_ids("no")
    prefix = (
        "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct "
        'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
    )
    suffix = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    before = tokenizer.encode(prefix, add_special_tokens=False)
    after = tokenizer.encode(suffix, add_special_tokens=False)
    pairs = [f"<Instruct>: {TASK}\n<Query>: {QUERY}\n<Document>: {passage}" for passage in PASSAGES]
    inputs = tokenizer(
        pairs,
        padding=False,
        truncation="longest_first",
        return_attention_mask=False,
        max_length=8192 - len(before) - len(after),
    )
    inputs["input_ids"] = [before + ids + after for ids in inputs["input_ids"]]
    inputs = tokenizer.pad(inputs, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits[:, -1, :]
    both = torch.stack([logits[:, no], logits[:, yes]], dim=1)
    return {"scores": F.log_softmax(both, dim=1)[:, 1].exp().tolist()}


# --- the models: each is written, then asked -----------------------------------------------------


def bert_cls(folder: Path) -> Answers:
    """The layout of bge-small-zh-v1.5."""
    tokenizer = bert_tokenizer()
    BertModel(bert_config(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    sentence_transformer(folder, "cls_token", {}, 512)
    return embedder(folder, cls_pool, query=ZH)


def bert_mean(folder: Path) -> Answers:
    """The layout of multilingual-e5-small: a BERT behind XLM-R's tokenizer."""
    tokenizer = xlmr_tokenizer()
    BertModel(bert_config(len(tokenizer), pad_token_id=1)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    sentence_transformer(folder, "mean_tokens", {}, 512)
    return embedder(folder, average_pool, query="query: ", passage="passage: ")


def xlmr_cls(folder: Path) -> Answers:
    """The layout of bge-m3."""
    tokenizer = xlmr_tokenizer()
    XLMRobertaModel(xlmr_config(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    sentence_transformer(folder, "cls_token", {}, 8192)
    return embedder(folder, cls_pool)


def qwen_last(folder: Path) -> Answers:
    """The layout of Qwen3-Embedding-0.6B."""
    tokenizer = qwen_tokenizer(closes=True)
    Qwen3Model(qwen_config(len(tokenizer))).save_pretrained(folder)
    renamed(folder, "Qwen3ForCausalLM")
    tokenizer.save_pretrained(folder)
    prompt = f"Instruct: {TASK}\nQuery:"
    sentence_transformer(folder, "lasttoken", {"query": prompt, "document": ""}, 32768)
    (folder / "sentence_bert_config.json").unlink()
    return embedder(folder, last_token_pool, query=prompt, sides=("left", "right"))


def qwen_yes_no(folder: Path) -> Answers:
    """The layout of Qwen3-Reranker-0.6B."""
    tokenizer = qwen_tokenizer(closes=False)
    Qwen3ForCausalLM(qwen_config(len(tokenizer))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return yes_no(folder)


def bert_classifier(folder: Path) -> Answers:
    """The layout of ms-marco-MiniLM-L6-v2."""
    tokenizer = bert_tokenizer()
    BertForSequenceClassification(bert_config(len(tokenizer), num_labels=1)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return classifier(folder)


def xlmr_classifier(folder: Path) -> Answers:
    """The layout of bge-reranker-v2-m3."""
    tokenizer = xlmr_tokenizer()
    XLMRobertaForSequenceClassification(xlmr_config(len(tokenizer), num_labels=1)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return classifier(folder)


#: The names are such that the catalogue knows what the models are.
MODELS = {
    "bge-small-zh-v1.5": bert_cls,
    "multilingual-e5-small": bert_mean,
    "bge-m3": xlmr_cls,
    "Qwen3-Embedding-0.6B": qwen_last,
    "Qwen3-Reranker-0.6B": qwen_yes_no,
    "ms-marco-MiniLM-L6-v2": bert_classifier,
    "bge-reranker-v2-m3": xlmr_classifier,
}


def main(root: Path) -> None:
    answers = {}
    for seed, (name, make) in enumerate(MODELS.items()):
        torch.manual_seed(seed)
        (root / name).mkdir(parents=True)
        answers[name] = make(root / name)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
