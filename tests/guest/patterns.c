/* Ways in which firmware stores to memory, and loads from it. test_instrumentation.py cuts this file at the headings. */

/* --- stores: store after load of the same address --- */

static int g = 5;
void app_main(void) {
    int v = g;
    g = v + 1;
    sink += g;
}

/* --- stores: read-modify-write --- */

static int g = 5;
void app_main(void) {
    g += 3;
    g ^= 77;
    g++;
}

/* --- stores: constant index --- */

static uint8_t a[64] = {1};
void app_main(void) {
    a[3] = 9;
    a[4] = a[3];
    a[63] |= 2;
    sink = a[63];
}

/* --- stores: static that never escapes --- */

static int hidden;
void app_main(void) {
    hidden = 4;
    for (int i = 0; i < sink + 3; i++) hidden += i;
    sink = hidden;
}

/* --- stores: static of a function --- */

void app_main(void) {
    static int calls;
    static char text[20];
    calls++;
    text[calls] = 'x';
    sink = text[1];
}

/* --- stores: struct copy small --- */

struct s { int a, b; } x = {1, 2}, y;
void app_main(void) {
    y = x;
    x.a = 7;
}

/* --- stores: struct copy large --- */

struct s { int a[50]; } x = {{1, 2}}, y;
void app_main(void) {
    x.a[49] = 3;
    y = x;
    y.a[48] = 8;
}

/* --- stores: struct cleared --- */

struct s { int a[20]; } x = {{1, 2, 3}};
void app_main(void) {
    x = (struct s){0};
}

/* --- stores: struct assigned --- */

struct s { int a; char b[7]; long long c; } x;
void app_main(void) {
    x = (struct s){.a = 3, .b = "abc", .c = -1};
}

/* --- stores: struct by pointer --- */

struct s { int a; char b; } x[3];
void set(struct s *p, int n) {
    p->a = n;
    p->b = (char)n;
}
void app_main(void) {
    for (int i = 0; i < 3; i++) set(&x[i], i + 1);
}

/* --- stores: bit-fields --- */

struct s { unsigned a : 3, b : 9, c : 20; } x;
void app_main(void) {
    x.a = 5;
    x.b = 300;
    x.c = 99999;
    x.b++;
}

/* --- stores: packed --- */

struct __attribute__((packed)) s { char a; int b; short c; long long d; } x[2];
void app_main(void) {
    x[1].b = -1;
    x[1].c = -2;
    x[1].d = -3;
    x[0].d = x[1].d;
}

/* --- stores: misaligned cast --- */

char b[32];
void app_main(void) {
    *(int *)(b + 1) = -1;
    *(long long *)(b + 11) = -1;
    *(short *)(b + 29) = -1;
}

/* --- stores: loop that is a memset --- */

char b[1000];
void app_main(void) {
    for (int i = 0; i < 1000; i++) b[i] = 0x5a;
}

/* --- stores: loop that is a memcpy --- */

char a[1000] = {1, 2, 3}, b[1000];
void app_main(void) {
    a[999] = 1;
    for (int i = 0; i < 1000; i++) b[i] = a[i];
}

/* --- stores: loop of words --- */

int a[500], b[500];
void app_main(void) {
    for (int i = 0; i < 500; i++) a[i] = i + 1;
    for (int i = 0; i < 500; i++) b[i] = a[499 - i] * 3;
}

/* --- stores: two-dimensional --- */

short m[20][30];
void app_main(void) {
    for (int j = 0; j < 30; j++) for (int i = 0; i < 20; i++) m[i][j] = (short)(i * j + 1);
}

/* --- stores: float and double --- */

float f[4];
double d[4];
void app_main(void) {
    f[1] = 1.5f;
    d[2] = 2.5;
    d[3] = f[1] * d[2];
}

/* --- stores: complex and vector --- */

typedef int v4 __attribute__((vector_size(16)));
v4 v;
_Complex double z;
void app_main(void) {
    v = (v4){1, 2, 3, 4};
    v *= 3;
    z = 1.0 + sink;
}

/* --- stores: union --- */

union { int i; char c[4]; float f; } u;
void app_main(void) {
    u.i = -1;
    u.c[2] = 3;
    u.f += 1;
}

/* --- stores: volatile --- */

volatile int v;
volatile struct { int a, b; } w;
void app_main(void) {
    v = 1;
    v++;
    w.b = v;
}

/* --- stores: pointer to pointer --- */

int x;
int *p = &x;
int **q;
void app_main(void) {
    q = &p;
    **q = 5;
    *p += 2;
}

/* --- stores: array of pointers --- */

int x[3];
int *p[3];
void app_main(void) {
    for (int i = 0; i < 3; i++) {
        p[i] = &x[i];
        *p[i] = i + 1;
    }
}

/* --- stores: conditional store --- */

int a, b;
void app_main(void) {
    if (sink >= 0) a = 1;
    else b = 1;
    b = sink ? 3 : 4;
}

/* --- stores: swap --- */

int a = 1, b = 2;
void app_main(void) {
    int t = a;
    a = b;
    b = t;
}

/* --- stores: post-increment through a pointer --- */

char b[10];
void app_main(void) {
    char *p = b;
    *p++ = 1;
    *p++ = 2;
    *p = 3;
}

/* --- stores: result stored --- */

int f(int n) {
    return n * 3;
}
int r[4];
void app_main(void) {
    r[2] = f(7);
    r[3] += f(r[2]);
}

/* --- stores: builtin memcpy small --- */

char a[16] = "0123456789abcde", b[16];
void app_main(void) {
    __builtin_memcpy(b, a, 4);
    __builtin_memcpy(b + 4, a + 4, 8);
}

/* --- stores: builtin memset small --- */

char b[16];
void app_main(void) {
    __builtin_memset(b, 7, 8);
}

/* --- stores: library calls --- */

char a[64] = "text", b[64];
void app_main(void) {
    memcpy(b, a, 5);
    memset(b + 8, 1, 3);
    memmove(b + 20, b, 10);
    strcpy(b + 40, a);
}

/* --- stores: buffer on the stack --- */

void use(char *p, int n) {
    sink += p[n - 1];
}
void app_main(void) {
    char b[100];
    for (int i = 0; i < 100; i++) b[i] = (char)(i + 1);
    use(b, 100);
}

/* --- stores: descriptor list --- */

struct d { uint32_t w0; void *buffer; struct d *next; } d[4];
char bytes[4][64];
void app_main(void) {
    for (int i = 0; i < 4; i++) {
        d[i].w0 = 0x80000000u | 64 << 12;
        d[i].buffer = bytes[i];
        d[i].next = i < 3 ? &d[i + 1] : 0;
    }
}

/* --- stores: jump table --- */

int r;
void app_main(void) {
    for (int i = 0; i < 6; i++) switch (i + sink) {
        case 0: r = 1;
        break;
        case 1: r += 2;
        break;
        case 2: r *= 3;
        break;
        case 3: r ^= 4;
        break;
        case 4: r |= 64;
        break;
        default: r--;
    }
}

/* --- stores: inline function --- */

static inline __attribute__((always_inline)) void put(int *p, int v) {
    *p = v;
}
int a[3];
void app_main(void) {
    put(a, 1);
    put(a + 2, 3);
}

/* --- stores: atomic builtins --- */

int a;
char b;
void app_main(void) {
    __atomic_fetch_add(&a, 3, __ATOMIC_SEQ_CST);
    __sync_bool_compare_and_swap(&a, 3, 9);
    __atomic_store_n(&b, 1, 0);
}

/* --- stores: test and clear --- */

char b;
char c = 1;
void app_main(void) {
    sink += __atomic_test_and_set(&b, 0);
    __atomic_clear(&c, 0);
}

/* --- stores: wide store --- */

typedef struct { long long a[2]; } w;
w x, y = {{1, 2}};
void app_main(void) {
    x = y;
}

/* --- gaps: struct result stored --- */

struct s { int a[10]; } x;
struct s f(int n) {
    struct s t;
    for (int i = 0; i < 10; i++) t.a[i] = n + i;
    return t;
}
void app_main(void) {
    x = f(3);
}

/* --- gaps: small struct result stored --- */

struct s { int a, b; } x[2];
struct s f(int n) {
    struct s t = {n, n + 1};
    return t;
}
void app_main(void) {
    x[1] = f(3);
}

/* --- loads: constant index --- */

extern uint8_t a[];
void app_main(void) {
    sink = a[3] + a[200];
}

/* --- loads: sum --- */

extern uint8_t a[];
void app_main(void) {
    int s = 0;
    for (int i = 0; i < 256; i++) s += a[i];
    sink = s;
}

/* --- loads: struct copy --- */

struct s { int v[64]; };
extern struct s a;
struct s out;
void app_main(void) {
    out = a;
    sink = out.v[3];
}

/* --- loads: twice --- */

extern int a[];
void app_main(void) {
    sink = a[0];
    sink += a[0];
    sink += a[63];
}

/* --- loads: compare --- */

extern char a[];
void app_main(void) {
    sink = memcmp(a, a + 128, 128) + strncmp(a, "", 1);
}
