"""What applications and poolers need to find each tenant's rows: the map, and the formats that it is written in."""
