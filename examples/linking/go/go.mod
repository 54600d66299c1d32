module example.org/linking

go 1.19
