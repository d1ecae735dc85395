def test_it(run_c):
    one = run_c('void app_main(void) { printf("hi\\n"); SAY("a", -3); }')
    assert one.out == "hi\na=-3\n"
    assert one.report.verdict == "clean", str(one.report)
    assert one.numbers == {"a": -3}
def test_cpp(run_c, word_bytes):
    one = run_c('extern "C" void app_main(void) { printf("hi\\n"); throw 3; }', suffix=".cpp", word_bytes=word_bytes)
    print(one.report)
    assert 0
