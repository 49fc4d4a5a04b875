class learnable_logit_scale(nn.Module):
    def __init__(self, temperature=0.07, maximum=100.0):
        super().__init__()
        self.maximum = maximum
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / temperature)))

    def forward(self, cosines):
        self.log_scale.data.clamp_(max=math.log(self.maximum))
        return cosines * self.log_scale.exp()
