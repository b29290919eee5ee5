def test_x(finished):
    print(finished)
