def numbers(n):
    for i in range(n):
        yield i


def added(source, more):
    for x in source:
        yield x + more


def chain(length, n):
    source = numbers(n)
    for i in range(length):
        source = added(source, i)
    total = 0
    for x in source:
        total += x % 7
    return total


print(chain(50, 200000))
