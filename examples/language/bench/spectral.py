from math import sqrt


def a(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(v, transposed):
    result = []
    n = len(v)
    for i in range(n):
        total = 0.0
        for j in range(n):
            if transposed:
                total += a(j, i) * v[j]
            else:
                total += a(i, j) * v[j]
        result.append(total)
    return result


def both(v):
    return times(times(v, False), True)


def spectral(n):
    u = [1.0] * n
    v = None
    for i in range(10):
        v = both(u)
        u = both(v)
    uv = 0.0
    vv = 0.0
    for i in range(n):
        uv += u[i] * v[i]
        vv += v[i] * v[i]
    return sqrt(uv / vv)


print("{:.9f}".format(spectral(200)))
