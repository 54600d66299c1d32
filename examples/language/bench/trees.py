class Tree:
    def __init__(self, left, right):
        self.left = left
        self.right = right

    def check(self):
        if self.left == None:
            return 1
        return 1 + self.left.check() + self.right.check()


def make(depth):
    if depth == 0:
        return Tree(None, None)
    return Tree(make(depth - 1), make(depth - 1))


def trees(most):
    long = make(most)
    depth = 4
    while depth < most:
        count = 1 << (most - depth + 4)
        total = 0
        for i in range(count):
            total += make(depth).check()
        print(count, depth, total)
        depth += 4
    print(most, long.check())


trees(14)
