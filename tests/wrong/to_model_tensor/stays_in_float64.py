def to_model_tensor(image, mean, std):
    """Right numbers in a type that no float32 model accepts."""
    scaled = (np.asarray(image) / 255 - np.asarray(mean)) / np.asarray(std)
    return torch.tensor(scaled).permute(2, 0, 1)
