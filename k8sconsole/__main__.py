"""``python -m k8sconsole``."""

from k8sconsole.cli.main import main

if __name__ == "__main__":
    main()
