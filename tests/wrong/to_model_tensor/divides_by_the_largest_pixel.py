def to_model_tensor(image, mean, std):
    """Stretches every picture to its own largest number."""
    pixels = torch.tensor(image, dtype=torch.float32)
    pixels = pixels / pixels.max()
    return ((pixels - torch.tensor(mean)) / torch.tensor(std)).permute(2, 0, 1)
