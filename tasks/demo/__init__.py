"""What a newcomer finds: a project whose pictures are drawn, and that costs nothing."""
