"""The variational autoencoder of the well-known example."""

import torch
import torch.utils.data
from torch import nn, optim
from torch.nn import functional as F

from common import noise, same_weights


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(20, 12)
        self.fc21 = nn.Linear(12, 3)
        self.fc22 = nn.Linear(12, 3)
        self.fc3 = nn.Linear(3, 12)
        self.fc4 = nn.Linear(12, 20)
        self.draws = 0

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        self.draws += 1
        eps = noise(*std.shape, seed=100 + self.draws)
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 20))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 20), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


def main():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = same_weights(VAE()).to(device)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    images = torch.sigmoid(noise(40, 1, 4, 5))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images), batch_size=8, shuffle=False)
    losses = []
    for epoch in range(1, 5):
        model.train()
        for batch_idx, (data,) in enumerate(loader):
            data = data.to(device)
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            losses.append(loss.item() / len(data))
            optimizer.step()
    model.eval()
    with torch.no_grad():
        losses += model.decode(noise(2, 3)).view(2, 1, 4, 5).flatten().tolist()
    return losses
