from data import make_loader, shapes


def main():
    loader = make_loader()
    for (x,) in loader:
        print(x.mean().item())
    print(shapes(loader))


if __name__ == "__main__":
    main()
