device = "cuda"
epochs = 10
