from data import make_loader

loader = make_loader()
for (x,) in loader:  # expect: missing-main-guard
    print(f"""shape
    {tuple(x.shape)}
""")
