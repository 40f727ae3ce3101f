"""A Siamese network with a contrastive and a triplet loss, packed sequences and a bidirectional GRU in the encoder."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.optim.lr_scheduler import CosineAnnealingLR

from common import noise, same_weights


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(5, 6, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(12)
        self.head = nn.Sequential(nn.Linear(12, 8), nn.PReLU(), nn.Linear(8, 4))

    def forward(self, sequences):
        lengths = torch.tensor([len(s) for s in sequences])
        x = pad_sequence(sequences, batch_first=True)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        out, _ = self.gru(packed)
        out, lengths = pad_packed_sequence(out, batch_first=True)
        mask = torch.arange(out.size(1))[None, :] < lengths[:, None]
        mean = (out * mask.unsqueeze(-1)).sum(1) / lengths.unsqueeze(-1)
        return F.normalize(self.head(self.norm(mean)), dim=-1)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, label):
        distance = F.pairwise_distance(a, b, keepdim=True)
        return torch.mean(
            (1 - label) * torch.pow(distance, 2) + label * torch.pow(torch.clamp(self.margin - distance, min=0.0), 2)
        )


def main():
    model = same_weights(Encoder())
    contrastive, triplet = ContrastiveLoss(), nn.TripletMarginLoss(margin=0.5)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-3, momentum=0.5)
    scheduler = CosineAnnealingLR(optimizer, T_max=10)
    losses = []
    for step in range(12):
        groups = [[noise(3 + (i + k) % 4, 5, seed=10 * step + 3 * i + k) for i in range(4)] for k in range(3)]
        a, b, c = (model(g) for g in groups)
        label = torch.tensor([[0.0], [1.0], [0.0], [1.0]])
        loss = contrastive(a, b, label) + triplet(a, b, c)
        loss = loss + (1 - F.cosine_similarity(a, c)).mean() * 0.1
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses += [loss.item(), scheduler.get_last_lr()[0]]
    return losses
