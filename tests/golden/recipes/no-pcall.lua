return pcall(error)
