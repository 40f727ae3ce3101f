"""A GPT in one file: it reads Python's own help, letter by letter, and then writes some more of it.

    python -m examples.gpt
    python -m examples.gpt --resume                                     goes on where Ctrl-C, or worse, has stopped it
    python -m examples.gpt --size medium --text book.txt --prompt "It was "

Expect words after a minute and, after four on one core or three on two (4000 steps), sentences of a kind:

    However, the sequence is separated the suite which is provided the module is not complex

with a loss of 1.00 nats a letter on what it reads and 1.21 on the tenth that it does not. `tiny` takes five seconds and
mumbles; `medium`, for longer texts, takes half an hour (4000 steps of half a second on two cores). Samples are printed on
the way. Two pictures in out/: the loss, and what surprises the model in a text that it has not read.

"""

from __future__ import annotations

import argparse
import json
import math
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorgrad as tg
from tensorgrad import nn, optim
from tensorgrad.nn import functional as F
from tensorgrad.text import CharTokenizer, NextToken, corpus
from tensorgrad.training import Checkpoint, History, Trainer
from tensorgrad.utils.data import DataLoader, RandomSampler

# ---- settings -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Size:
    layers: int
    heads: int
    width: int  # numbers per letter, C
    context: int  # letters it looks back upon, T
    batch: int  # pieces of text per step, B
    steps: int
    lr: float = 3e-3
    dropout: float = 0.0


SIZES = {
    "tiny": Size(layers=2, heads=2, width=32, context=32, batch=16, steps=750, lr=1e-2),
    "small": Size(layers=3, heads=4, width=128, context=64, batch=16, steps=4000, lr=4e-3),
    "medium": Size(layers=6, heads=6, width=192, context=128, batch=32, steps=4000, lr=2e-3, dropout=0.1),
}

SAVE_EVERY = 50  # steps; a run that is killed loses no more

# ---- model ----------------------------------------------------------------------------------------------------------


class Attention(nn.Module):
    """Every letter asks those before it, and itself, for what it needs (Vaswani et al., arXiv:1706.03762)."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads, self.dropout = size.heads, size.dropout
        self.ask = nn.Linear(size.width, 3 * size.width)
        self.out = nn.Linear(size.width, size.width)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        B, T, C = x.shape
        qkv = self.ask(x).view(B, T, 3, self.heads, C // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind()  # (B, heads, T, C/heads) each
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    """Look around, then think: each adds to what is known of a letter."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.attention = Attention(size)
        self.think = nn.Sequential(
            nn.Linear(size.width, 4 * size.width),
            nn.GELU(),
            nn.Linear(4 * size.width, size.width),
        )
        self.dropout = nn.Dropout(size.dropout)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.think(self.norm2(x)))


class GPT(nn.Module):
    """Numbers of letters (B, T) → scores of the letter after each of them (B, T, vocabulary).

    The shape of GPT-2 (Radford et al., 2019): normalised before each part, and one matrix both reads letters and
    scores them.
    """

    def __init__(self, vocabulary: int, size: Size) -> None:
        super().__init__()
        self.context = size.context
        self.letter = nn.Embedding(vocabulary, size.width)
        self.place = nn.Embedding(size.context, size.width)
        self.dropout = nn.Dropout(size.dropout)
        self.blocks = nn.Sequential(*[Block(size) for _ in range(size.layers)])
        self.norm = nn.LayerNorm(size.width)
        self.score = nn.Linear(size.width, vocabulary, bias=False)
        self.score.weight = self.letter.weight

        for name, p in self.named_parameters():
            if p.dim() == 2:
                # What is added to x 2·layers times starts smaller, so that the sum has the same size at any depth.
                adds = name.endswith(("attention.out.weight", "think.2.weight"))
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * size.layers) if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        places = tg.arange(x.shape[1], device=x.device)
        return self.score(self.norm(self.blocks(self.dropout(self.letter(x) + self.place(places)))))

    @tg.no_grad()
    def generate(
        self, x: tg.Tensor, letters: int, temperature: float = 1.0, top_k: int | None = None, generator: Any = None
    ) -> tg.Tensor:
        """x (B, T) and so many letters more, each drawn from what the model thinks of those before it.

        Args:
            temperature: below 1 likely letters become likelier, and the text tamer.
            top_k: draw from the k likeliest letters only.
        """
        was_training = self.training
        self.eval()
        for _ in range(letters):
            scores = self(x[:, -self.context :])[:, -1] / temperature
            if top_k is not None and top_k < scores.shape[1]:
                least = scores.topk(top_k).values[:, -1:]
                scores = scores.masked_fill(scores < least, float("-inf"))
            chosen = tg.multinomial(scores.softmax(-1), 1, generator=generator)
            x = tg.cat([x, chosen], 1)
        self.train(was_training)
        return x


# ---- training -------------------------------------------------------------------------------------------------------


def make_optimizer(model: nn.Module, lr: float) -> optim.AdamW:
    """AdamW that draws matrices towards zero, and leaves biases and the scales of norms alone."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    return optim.AdamW(groups, lr=lr, betas=(0.9, 0.99))


def rate(step: int, steps: int) -> float:
    """The share of the learning rate: up in a straight line over the first 5 %, then down half a cosine to a tenth."""
    warmup = max(1, steps // 20)
    if step < warmup:
        return (step + 1) / warmup
    return 0.1 + 0.45 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / max(1, steps - warmup))))


def loss_of(scores: tg.Tensor, targets: tg.Tensor) -> tg.Tensor:
    """The mean surprise per letter, −ln p, in nats."""
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())


def write(
    model: GPT,
    letters: CharTokenizer,
    prompt: str,
    n: int,
    *,
    temperature: float = 0.8,
    top_k: int | None = None,
    seed: int = 1,
) -> str:
    """The prompt, and n letters that the model puts behind it."""
    x = letters.encode(prompt).unsqueeze(0)
    return letters.decode(model.generate(x, n, temperature, top_k, tg.Generator().manual_seed(seed))[0])


@tg.no_grad()
def surprise(model: GPT, tokens: tg.Tensor) -> tg.Tensor:
    """How little the model expected each letter after those before it, −log₂ p, in bits; nan for the first.  (n,) → (n,)"""
    model.eval()
    half, found = model.context // 2, [tg.full((1,), math.nan)]
    for i in range(0, len(tokens) - 1, half):  # each after half a context of letters at least, if there are so many
        piece = tokens[max(0, i - half) : i + half + 1]
        scores = model(piece[:-1].unsqueeze(0))[0, min(i, half) :]
        found.append(F.cross_entropy(scores, tokens[i + 1 : i + half + 1], reduction="none") / math.log(2))
    return tg.cat(found)


def fit(
    text: str,
    size: Size,
    *,
    steps: int | None = None,
    every: int = 250,
    seed: int = 1,
    folder: Path | None = None,
    show: Callable[[GPT, CharTokenizer, History], None] | None = None,
    progress: bool | str = False,
) -> tuple[Trainer, CharTokenizer]:
    """A trainer whose model has read the text, and the letters of the text.

    Args:
        every: after so many steps (an epoch, to the trainer) the last tenth of the text, which is never learnt, is
            tried, and `show` is called.
        folder: where checkpoints go, and where the run goes on if there are some.
    """
    tg.manual_seed(seed)
    letters = CharTokenizer(text)
    tokens = letters.encode(text)
    border = len(tokens) * 9 // 10
    learnt = NextToken(tokens[:border], size.context)
    held_out = NextToken(tokens[border:], size.context, step=size.context)

    every = min(every, steps or size.steps)
    rounds = math.ceil((steps or size.steps) / every)
    drawn = RandomSampler(
        learnt, replacement=True, num_samples=size.batch * every, generator=tg.Generator().manual_seed(seed)
    )
    data = DataLoader(learnt, size.batch, sampler=drawn)

    model = GPT(len(letters), size)
    optimizer = make_optimizer(model, size.lr)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, rounds * every))
    trainer = Trainer(model, optimizer, loss_of, scheduler=schedule, schedule_by="step", clip_norm=1.0)
    trainer.train(
        data,
        epochs=rounds,
        validation=DataLoader(held_out, 2 * size.batch),
        callbacks=[] if show is None else lambda history: show(model, letters, history),
        checkpoint=folder,
        save_every=None if folder is None else SAVE_EVERY,
        progress=progress,
    )
    return trainer, letters


# ---- from the command line ------------------------------------------------------------------------------------------


def refusal(folder: Path, resume: bool, begun_with: dict[str, Any]) -> str:
    """Why a run may not save into this folder, or nothing: no other run is written over, and none goes on as another."""
    note = folder / "settings.json"
    if not Checkpoint(folder).files():
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(begun_with))
        return ""
    if not resume:
        return f"{folder} holds a run. Go on with it (--resume), or save into another folder (--checkpoint FOLDER)."
    saved = json.loads(note.read_text()) if note.exists() else begun_with
    other = [name for name in begun_with if saved.get(name) != begun_with[name]]
    return f"the run in {folder} was begun with another {' and '.join(other)}: go on with the same." if other else ""


def main(arguments: list[str] | None = None) -> list[Path]:
    defaults = ", ".join(f"{size.steps} for {name}" for name, size in SIZES.items())
    parser = argparse.ArgumentParser(description="Train a GPT on a text, letter by letter, and let it write.")
    parser.add_argument("--text", type=Path, help="a text file (default: the topics of Python's help)")
    parser.add_argument("--size", choices=list(SIZES), default="small", help="of the model (default: small)")
    parser.add_argument("--steps", type=int, help=f"in whole rounds of --every (default: {defaults})")
    parser.add_argument("--every", type=int, default=250, help="steps from sample to sample (default: 250)")
    parser.add_argument("--prompt", help="what the samples begin with (default: a new line)")
    parser.add_argument("--letters", type=int, default=400, help="in a sample (default: 400)")
    parser.add_argument("--temperature", type=float, default=0.8, help="below 1 tamer, above 1 wilder (default: 0.8)")
    parser.add_argument("--top-k", type=int, help="draw from the k likeliest letters only (default: from all)")
    parser.add_argument("--checkpoint", type=Path, help="folder to save the run in (default: gpt, in that of --out)")
    parser.add_argument("--resume", action="store_true", help="go on where the run in that folder has stopped")
    parser.add_argument("--seed", type=int, default=1, help="of weights, batches and samples (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures (default: out)")
    settings = parser.parse_args(arguments)
    for name in ("steps", "every", "letters", "temperature", "top_k"):
        if (value := getattr(settings, name)) is not None and not value > 0:
            parser.error(f"--{name.replace('_', '-')} must be above 0, got {value}")
    size, folder = SIZES[settings.size], settings.checkpoint or settings.out / "gpt"
    steps = settings.steps or size.steps
    every = min(settings.every, steps)
    steps = math.ceil(steps / every) * every
    try:
        from viz import plot_history, plot_letters

        text = corpus(settings.text)
        prompt = settings.prompt or ("\n" if "\n" in text else text[0])
        CharTokenizer(text).encode(prompt)
    except (ImportError, OSError, ValueError) as error:  # no matplotlib, no such file, not text, a letter not in it
        parser.error(str(error))
    if len(text) < 20 * size.context:
        parser.error(f"the text has {len(text)} letters; size {settings.size} needs {20 * size.context} or more")
    begun_with = {"text": zlib.crc32(text.encode()), "size": settings.size, "every": every, "seed": settings.seed}
    if words := refusal(folder, settings.resume, begun_with):
        parser.error(words)

    told = []

    def tell(model: GPT, letters: CharTokenizer, history: History) -> None:
        told.append(done := len(history) * every)
        options: dict[str, Any] = {"temperature": settings.temperature, "top_k": settings.top_k}
        sample = write(model, letters, prompt, settings.letters, seed=settings.seed + done, **options)
        print(f"\nafter {done} of {steps} steps: {history.summary()}\n")
        print("    " + sample.strip("\n").replace("\n", "\n    ") + "\n", flush=True)

    begin = time.perf_counter()
    trainer, letters = fit(
        text, size, steps=steps, every=every, seed=settings.seed, folder=folder, show=tell, progress="GPT"
    )
    model, history = trainer.model, trainer.history
    print(
        f"\n{sum(p.numel() for p in model.parameters())} parameters, {len(text)} letters of {len(letters)} kinds, "
        f"{time.perf_counter() - begin:.0f} s; {history.stopped}"
    )
    if history.stopped.startswith("interrupted"):
        print(f"The run is in {folder}; to go on, say the same with --resume.")
        return []

    if not told:  # a run that had come to its end before
        tell(model, letters, history)

    settings.out.mkdir(parents=True, exist_ok=True)
    loss, surprises = settings.out / "gpt_loss.png", settings.out / "gpt_surprise.png"
    losses = {"losses": history.losses, "validation_losses": history.validation_losses}
    plot_history(losses, title="A GPT learns to write", unit="step", every=every).savefig(loss)
    first = text.find("\n", len(text) * 9 // 10) + 1  # a line that was not learnt
    piece = text[first : first + 800]
    plot_letters(
        piece,
        surprise(model, letters.encode(piece)),
        columns=80,
        label="surprise in bits",
        title="A text that the GPT has not read: what surprises it",
    ).savefig(surprises)
    return [loss, surprises]


if __name__ == "__main__":
    for path in main():
        print(f"wrote {path}")
