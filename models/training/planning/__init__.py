"""What a training will take, decided before it begins: device, threads, memory and neighbor sampling."""
