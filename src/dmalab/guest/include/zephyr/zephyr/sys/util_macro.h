/* Macros that count, repeat and choose: IS_ENABLED, COND_CODE_1, LISTIFY, FOR_EACH and their kin.
 *
 * Repetition goes up to 64; the numbered helpers below call each other downward. */
#ifndef ZEPHYR_INCLUDE_SYS_UTIL_MACRO_H_
#define ZEPHYR_INCLUDE_SYS_UTIL_MACRO_H_

#define BIT_MASK(n) (BIT(n) - 1UL)
#ifndef BIT
#define BIT(n) (1UL << (n))
#endif
#define BIT64(n) (1ULL << (n))
#define BIT64_MASK(n) (BIT64(n) - 1ULL)
#define WRITE_BIT(var, bit, set) ((var) = (set) ? ((var) | BIT(bit)) : ((var) & ~BIT(bit)))

#define EMPTY
#define IDENTITY(V) V
#define Z_FIRST_(first, ...) first
#define GET_ARG_N_1(a, ...) a
#define GET_ARG_N(n, ...) DL_CAT(GET_ARG_N_, n)(__VA_ARGS__)
#define GET_ARG_N_2(a, b, ...) b
#define GET_ARG_N_3(a, b, c, ...) c
#define GET_ARG_N_4(a, b, c, d, ...) d
#define GET_ARGS_LESS_N(n, ...) DL_CAT(DL_LESS_, n)(__VA_ARGS__)
#define DL_LESS_0(...) __VA_ARGS__
#define DL_LESS_1(a, ...) __VA_ARGS__
#define DL_LESS_2(a, b, ...) __VA_ARGS__
#define DL_LESS_3(a, b, c, ...) __VA_ARGS__

#define DL_CAT_(a, b) a##b
#define DL_CAT(a, b) DL_CAT_(a, b)
#define UTIL_CAT(a, ...) DL_UTIL_CAT(a, __VA_ARGS__)
#define DL_UTIL_CAT(a, ...) a##__VA_ARGS__
#define _CONCAT_1(x, y) x##y
#define _CONCAT(x, y) _CONCAT_1(x, y)
#ifndef CONCAT
#define CONCAT(...) DL_CAT(DL_CONCAT_, NUM_VA_ARGS(__VA_ARGS__))(__VA_ARGS__)
#endif
#define DL_CONCAT_1(a) a
#define DL_CONCAT_2(a, b) DL_CAT(a, b)
#define DL_CONCAT_3(a, b, c) DL_CAT(a, DL_CAT(b, c))
#define DL_CONCAT_4(a, b, c, d) DL_CAT(DL_CAT(a, b), DL_CAT(c, d))
#define STRINGIFY(s) DL_STRING(s)
#define DL_STRING(s) #s

/* 1 where the macro is defined as 1, else 0. */
#define IS_ENABLED(config) DL_IS_ONE(config)
#define DL_ONE_1 ~,
#define DL_IS_ONE(value) DL_IS_ONE_(DL_CAT(DL_ONE_, value))
#define DL_IS_ONE_(pair) DL_SECOND(pair 1, 0)
#define DL_SECOND(ignored, value, ...) value

#define __DEBRACKET(...) __VA_ARGS__
#define COND_CODE_1(flag, yes, no) DL_CAT(DL_COND_, IS_ENABLED(flag))(yes, no)
#define COND_CODE_0(flag, yes, no) DL_CAT(DL_COND_, DL_IS_ZERO(flag))(yes, no)
#define DL_COND_1(yes, no) __DEBRACKET yes
#define DL_COND_0(yes, no) __DEBRACKET no
#define DL_ZERO_0 ~,
#define DL_IS_ZERO(value) DL_IS_ONE_(DL_CAT(DL_ZERO_, value))
#define IF_ENABLED(flag, code) COND_CODE_1(flag, code, ())
#define IF_DISABLED(flag, code) COND_CODE_1(flag, (), code)
#define COND_CASE_1(...) DL_CASE_1(__VA_ARGS__)
#define DL_CASE_1(flag, yes, ...) COND_CODE_1(flag, yes, (__VA_ARGS__))

#define IS_EMPTY(...) DL_EMPTY_(__VA_ARGS__)
#define DL_EMPTY_(...) DL_CAT(DL_EMPTY_IS_, NUM_VA_ARGS(__VA_ARGS__))
#define DL_EMPTY_IS_0 1
#define UTIL_NOT(a) DL_CAT(DL_NOT_, a)
#define DL_NOT_0 1
#define DL_NOT_1 0
#define UTIL_AND(a, b) COND_CODE_1(a, (b), (0))
#define UTIL_OR(a, b) COND_CODE_1(a, (1), (b))
#define UTIL_BOOL(a) COND_CODE_0(a, (0), (1))

/* How many arguments. */
#define NUM_VA_ARGS(...) DL_NUM(0 __VA_OPT__(,) __VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define DL_NUM(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, n, ...) n
#define NUM_VA_ARGS_LESS_1(...) DL_NUM(__VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)

/* LISTIFY(n, F, (sep), args…): F(0, args…) sep F(1, args…) … */
#define LISTIFY(n, F, sep, ...) DL_CAT(DL_LIST_, n)(F, sep, __VA_ARGS__)
#define DL_LIST_0(F, sep, ...)
#define DL_LIST_1(F, sep, ...) F(0, __VA_ARGS__)
#define DL_LIST_2(F, sep, ...) DL_LIST_1(F, sep, __VA_ARGS__) __DEBRACKET sep F(1, __VA_ARGS__)
#define DL_LIST_3(F, sep, ...) DL_LIST_2(F, sep, __VA_ARGS__) __DEBRACKET sep F(2, __VA_ARGS__)
#define DL_LIST_4(F, sep, ...) DL_LIST_3(F, sep, __VA_ARGS__) __DEBRACKET sep F(3, __VA_ARGS__)
#define DL_LIST_5(F, sep, ...) DL_LIST_4(F, sep, __VA_ARGS__) __DEBRACKET sep F(4, __VA_ARGS__)
#define DL_LIST_6(F, sep, ...) DL_LIST_5(F, sep, __VA_ARGS__) __DEBRACKET sep F(5, __VA_ARGS__)
#define DL_LIST_7(F, sep, ...) DL_LIST_6(F, sep, __VA_ARGS__) __DEBRACKET sep F(6, __VA_ARGS__)
#define DL_LIST_8(F, sep, ...) DL_LIST_7(F, sep, __VA_ARGS__) __DEBRACKET sep F(7, __VA_ARGS__)
#define DL_LIST_9(F, sep, ...) DL_LIST_8(F, sep, __VA_ARGS__) __DEBRACKET sep F(8, __VA_ARGS__)
#define DL_LIST_10(F, sep, ...) DL_LIST_9(F, sep, __VA_ARGS__) __DEBRACKET sep F(9, __VA_ARGS__)
#define DL_LIST_11(F, sep, ...) DL_LIST_10(F, sep, __VA_ARGS__) __DEBRACKET sep F(10, __VA_ARGS__)
#define DL_LIST_12(F, sep, ...) DL_LIST_11(F, sep, __VA_ARGS__) __DEBRACKET sep F(11, __VA_ARGS__)
#define DL_LIST_13(F, sep, ...) DL_LIST_12(F, sep, __VA_ARGS__) __DEBRACKET sep F(12, __VA_ARGS__)
#define DL_LIST_14(F, sep, ...) DL_LIST_13(F, sep, __VA_ARGS__) __DEBRACKET sep F(13, __VA_ARGS__)
#define DL_LIST_15(F, sep, ...) DL_LIST_14(F, sep, __VA_ARGS__) __DEBRACKET sep F(14, __VA_ARGS__)
#define DL_LIST_16(F, sep, ...) DL_LIST_15(F, sep, __VA_ARGS__) __DEBRACKET sep F(15, __VA_ARGS__)
#define DL_LIST_17(F, sep, ...) DL_LIST_16(F, sep, __VA_ARGS__) __DEBRACKET sep F(16, __VA_ARGS__)
#define DL_LIST_18(F, sep, ...) DL_LIST_17(F, sep, __VA_ARGS__) __DEBRACKET sep F(17, __VA_ARGS__)
#define DL_LIST_19(F, sep, ...) DL_LIST_18(F, sep, __VA_ARGS__) __DEBRACKET sep F(18, __VA_ARGS__)
#define DL_LIST_20(F, sep, ...) DL_LIST_19(F, sep, __VA_ARGS__) __DEBRACKET sep F(19, __VA_ARGS__)
#define DL_LIST_21(F, sep, ...) DL_LIST_20(F, sep, __VA_ARGS__) __DEBRACKET sep F(20, __VA_ARGS__)
#define DL_LIST_22(F, sep, ...) DL_LIST_21(F, sep, __VA_ARGS__) __DEBRACKET sep F(21, __VA_ARGS__)
#define DL_LIST_23(F, sep, ...) DL_LIST_22(F, sep, __VA_ARGS__) __DEBRACKET sep F(22, __VA_ARGS__)
#define DL_LIST_24(F, sep, ...) DL_LIST_23(F, sep, __VA_ARGS__) __DEBRACKET sep F(23, __VA_ARGS__)
#define DL_LIST_25(F, sep, ...) DL_LIST_24(F, sep, __VA_ARGS__) __DEBRACKET sep F(24, __VA_ARGS__)
#define DL_LIST_26(F, sep, ...) DL_LIST_25(F, sep, __VA_ARGS__) __DEBRACKET sep F(25, __VA_ARGS__)
#define DL_LIST_27(F, sep, ...) DL_LIST_26(F, sep, __VA_ARGS__) __DEBRACKET sep F(26, __VA_ARGS__)
#define DL_LIST_28(F, sep, ...) DL_LIST_27(F, sep, __VA_ARGS__) __DEBRACKET sep F(27, __VA_ARGS__)
#define DL_LIST_29(F, sep, ...) DL_LIST_28(F, sep, __VA_ARGS__) __DEBRACKET sep F(28, __VA_ARGS__)
#define DL_LIST_30(F, sep, ...) DL_LIST_29(F, sep, __VA_ARGS__) __DEBRACKET sep F(29, __VA_ARGS__)
#define DL_LIST_31(F, sep, ...) DL_LIST_30(F, sep, __VA_ARGS__) __DEBRACKET sep F(30, __VA_ARGS__)
#define DL_LIST_32(F, sep, ...) DL_LIST_31(F, sep, __VA_ARGS__) __DEBRACKET sep F(31, __VA_ARGS__)
#define DL_LIST_33(F, sep, ...) DL_LIST_32(F, sep, __VA_ARGS__) __DEBRACKET sep F(32, __VA_ARGS__)
#define DL_LIST_34(F, sep, ...) DL_LIST_33(F, sep, __VA_ARGS__) __DEBRACKET sep F(33, __VA_ARGS__)
#define DL_LIST_35(F, sep, ...) DL_LIST_34(F, sep, __VA_ARGS__) __DEBRACKET sep F(34, __VA_ARGS__)
#define DL_LIST_36(F, sep, ...) DL_LIST_35(F, sep, __VA_ARGS__) __DEBRACKET sep F(35, __VA_ARGS__)
#define DL_LIST_37(F, sep, ...) DL_LIST_36(F, sep, __VA_ARGS__) __DEBRACKET sep F(36, __VA_ARGS__)
#define DL_LIST_38(F, sep, ...) DL_LIST_37(F, sep, __VA_ARGS__) __DEBRACKET sep F(37, __VA_ARGS__)
#define DL_LIST_39(F, sep, ...) DL_LIST_38(F, sep, __VA_ARGS__) __DEBRACKET sep F(38, __VA_ARGS__)
#define DL_LIST_40(F, sep, ...) DL_LIST_39(F, sep, __VA_ARGS__) __DEBRACKET sep F(39, __VA_ARGS__)
#define DL_LIST_41(F, sep, ...) DL_LIST_40(F, sep, __VA_ARGS__) __DEBRACKET sep F(40, __VA_ARGS__)
#define DL_LIST_42(F, sep, ...) DL_LIST_41(F, sep, __VA_ARGS__) __DEBRACKET sep F(41, __VA_ARGS__)
#define DL_LIST_43(F, sep, ...) DL_LIST_42(F, sep, __VA_ARGS__) __DEBRACKET sep F(42, __VA_ARGS__)
#define DL_LIST_44(F, sep, ...) DL_LIST_43(F, sep, __VA_ARGS__) __DEBRACKET sep F(43, __VA_ARGS__)
#define DL_LIST_45(F, sep, ...) DL_LIST_44(F, sep, __VA_ARGS__) __DEBRACKET sep F(44, __VA_ARGS__)
#define DL_LIST_46(F, sep, ...) DL_LIST_45(F, sep, __VA_ARGS__) __DEBRACKET sep F(45, __VA_ARGS__)
#define DL_LIST_47(F, sep, ...) DL_LIST_46(F, sep, __VA_ARGS__) __DEBRACKET sep F(46, __VA_ARGS__)
#define DL_LIST_48(F, sep, ...) DL_LIST_47(F, sep, __VA_ARGS__) __DEBRACKET sep F(47, __VA_ARGS__)
#define DL_LIST_49(F, sep, ...) DL_LIST_48(F, sep, __VA_ARGS__) __DEBRACKET sep F(48, __VA_ARGS__)
#define DL_LIST_50(F, sep, ...) DL_LIST_49(F, sep, __VA_ARGS__) __DEBRACKET sep F(49, __VA_ARGS__)
#define DL_LIST_51(F, sep, ...) DL_LIST_50(F, sep, __VA_ARGS__) __DEBRACKET sep F(50, __VA_ARGS__)
#define DL_LIST_52(F, sep, ...) DL_LIST_51(F, sep, __VA_ARGS__) __DEBRACKET sep F(51, __VA_ARGS__)
#define DL_LIST_53(F, sep, ...) DL_LIST_52(F, sep, __VA_ARGS__) __DEBRACKET sep F(52, __VA_ARGS__)
#define DL_LIST_54(F, sep, ...) DL_LIST_53(F, sep, __VA_ARGS__) __DEBRACKET sep F(53, __VA_ARGS__)
#define DL_LIST_55(F, sep, ...) DL_LIST_54(F, sep, __VA_ARGS__) __DEBRACKET sep F(54, __VA_ARGS__)
#define DL_LIST_56(F, sep, ...) DL_LIST_55(F, sep, __VA_ARGS__) __DEBRACKET sep F(55, __VA_ARGS__)
#define DL_LIST_57(F, sep, ...) DL_LIST_56(F, sep, __VA_ARGS__) __DEBRACKET sep F(56, __VA_ARGS__)
#define DL_LIST_58(F, sep, ...) DL_LIST_57(F, sep, __VA_ARGS__) __DEBRACKET sep F(57, __VA_ARGS__)
#define DL_LIST_59(F, sep, ...) DL_LIST_58(F, sep, __VA_ARGS__) __DEBRACKET sep F(58, __VA_ARGS__)
#define DL_LIST_60(F, sep, ...) DL_LIST_59(F, sep, __VA_ARGS__) __DEBRACKET sep F(59, __VA_ARGS__)
#define DL_LIST_61(F, sep, ...) DL_LIST_60(F, sep, __VA_ARGS__) __DEBRACKET sep F(60, __VA_ARGS__)
#define DL_LIST_62(F, sep, ...) DL_LIST_61(F, sep, __VA_ARGS__) __DEBRACKET sep F(61, __VA_ARGS__)
#define DL_LIST_63(F, sep, ...) DL_LIST_62(F, sep, __VA_ARGS__) __DEBRACKET sep F(62, __VA_ARGS__)
#define DL_LIST_64(F, sep, ...) DL_LIST_63(F, sep, __VA_ARGS__) __DEBRACKET sep F(63, __VA_ARGS__)

/* FOR_EACH(F, (sep), a, b, …): F(a) sep F(b) …; the IDX forms pass the number first, FIXED ones a common argument last. */
#define FOR_EACH(F, sep, ...) DL_CAT(DL_EACH_A_, NUM_VA_ARGS(__VA_ARGS__))(F, sep __VA_OPT__(,) __VA_ARGS__)
#define FOR_EACH_IDX(F, sep, ...) DL_CAT(DL_EACH_I_, NUM_VA_ARGS(__VA_ARGS__))(NUM_VA_ARGS(__VA_ARGS__), F, sep __VA_OPT__(,) __VA_ARGS__)
#define FOR_EACH_FIXED_ARG(F, sep, fixed, ...) DL_CAT(DL_EACH_F_, NUM_VA_ARGS(__VA_ARGS__))(F, sep, fixed __VA_OPT__(,) __VA_ARGS__)
#define FOR_EACH_NONEMPTY_TERM(F, term, ...) FOR_EACH(F, term, __VA_ARGS__) __DEBRACKET term
#define DL_EACH_A_0(F, sep, ...)
#define DL_EACH_A_1(F, sep, a) F(a)
#define DL_EACH_F_0(F, sep, fixed, ...)
#define DL_EACH_F_1(F, sep, fixed, a) F(a, fixed)
#define DL_EACH_I_0(n, F, sep, ...)
#define DL_EACH_I_1(n, F, sep, a) F(DL_DIFF(n, 1), a)
#define DL_EACH_A_2(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_1(F, sep, __VA_ARGS__)
#define DL_EACH_F_2(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_1(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_2(n, F, sep, a, ...) F(DL_DIFF(n, 2), a) __DEBRACKET sep DL_EACH_I_1(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_3(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_2(F, sep, __VA_ARGS__)
#define DL_EACH_F_3(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_2(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_3(n, F, sep, a, ...) F(DL_DIFF(n, 3), a) __DEBRACKET sep DL_EACH_I_2(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_4(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_3(F, sep, __VA_ARGS__)
#define DL_EACH_F_4(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_3(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_4(n, F, sep, a, ...) F(DL_DIFF(n, 4), a) __DEBRACKET sep DL_EACH_I_3(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_5(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_4(F, sep, __VA_ARGS__)
#define DL_EACH_F_5(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_4(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_5(n, F, sep, a, ...) F(DL_DIFF(n, 5), a) __DEBRACKET sep DL_EACH_I_4(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_6(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_5(F, sep, __VA_ARGS__)
#define DL_EACH_F_6(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_5(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_6(n, F, sep, a, ...) F(DL_DIFF(n, 6), a) __DEBRACKET sep DL_EACH_I_5(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_7(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_6(F, sep, __VA_ARGS__)
#define DL_EACH_F_7(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_6(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_7(n, F, sep, a, ...) F(DL_DIFF(n, 7), a) __DEBRACKET sep DL_EACH_I_6(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_8(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_7(F, sep, __VA_ARGS__)
#define DL_EACH_F_8(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_7(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_8(n, F, sep, a, ...) F(DL_DIFF(n, 8), a) __DEBRACKET sep DL_EACH_I_7(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_9(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_8(F, sep, __VA_ARGS__)
#define DL_EACH_F_9(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_8(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_9(n, F, sep, a, ...) F(DL_DIFF(n, 9), a) __DEBRACKET sep DL_EACH_I_8(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_10(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_9(F, sep, __VA_ARGS__)
#define DL_EACH_F_10(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_9(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_10(n, F, sep, a, ...) F(DL_DIFF(n, 10), a) __DEBRACKET sep DL_EACH_I_9(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_11(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_10(F, sep, __VA_ARGS__)
#define DL_EACH_F_11(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_10(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_11(n, F, sep, a, ...) F(DL_DIFF(n, 11), a) __DEBRACKET sep DL_EACH_I_10(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_12(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_11(F, sep, __VA_ARGS__)
#define DL_EACH_F_12(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_11(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_12(n, F, sep, a, ...) F(DL_DIFF(n, 12), a) __DEBRACKET sep DL_EACH_I_11(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_13(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_12(F, sep, __VA_ARGS__)
#define DL_EACH_F_13(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_12(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_13(n, F, sep, a, ...) F(DL_DIFF(n, 13), a) __DEBRACKET sep DL_EACH_I_12(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_14(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_13(F, sep, __VA_ARGS__)
#define DL_EACH_F_14(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_13(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_14(n, F, sep, a, ...) F(DL_DIFF(n, 14), a) __DEBRACKET sep DL_EACH_I_13(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_15(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_14(F, sep, __VA_ARGS__)
#define DL_EACH_F_15(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_14(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_15(n, F, sep, a, ...) F(DL_DIFF(n, 15), a) __DEBRACKET sep DL_EACH_I_14(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_16(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_15(F, sep, __VA_ARGS__)
#define DL_EACH_F_16(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_15(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_16(n, F, sep, a, ...) F(DL_DIFF(n, 16), a) __DEBRACKET sep DL_EACH_I_15(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_17(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_16(F, sep, __VA_ARGS__)
#define DL_EACH_F_17(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_16(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_17(n, F, sep, a, ...) F(DL_DIFF(n, 17), a) __DEBRACKET sep DL_EACH_I_16(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_18(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_17(F, sep, __VA_ARGS__)
#define DL_EACH_F_18(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_17(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_18(n, F, sep, a, ...) F(DL_DIFF(n, 18), a) __DEBRACKET sep DL_EACH_I_17(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_19(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_18(F, sep, __VA_ARGS__)
#define DL_EACH_F_19(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_18(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_19(n, F, sep, a, ...) F(DL_DIFF(n, 19), a) __DEBRACKET sep DL_EACH_I_18(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_20(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_19(F, sep, __VA_ARGS__)
#define DL_EACH_F_20(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_19(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_20(n, F, sep, a, ...) F(DL_DIFF(n, 20), a) __DEBRACKET sep DL_EACH_I_19(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_21(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_20(F, sep, __VA_ARGS__)
#define DL_EACH_F_21(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_20(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_21(n, F, sep, a, ...) F(DL_DIFF(n, 21), a) __DEBRACKET sep DL_EACH_I_20(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_22(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_21(F, sep, __VA_ARGS__)
#define DL_EACH_F_22(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_21(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_22(n, F, sep, a, ...) F(DL_DIFF(n, 22), a) __DEBRACKET sep DL_EACH_I_21(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_23(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_22(F, sep, __VA_ARGS__)
#define DL_EACH_F_23(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_22(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_23(n, F, sep, a, ...) F(DL_DIFF(n, 23), a) __DEBRACKET sep DL_EACH_I_22(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_24(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_23(F, sep, __VA_ARGS__)
#define DL_EACH_F_24(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_23(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_24(n, F, sep, a, ...) F(DL_DIFF(n, 24), a) __DEBRACKET sep DL_EACH_I_23(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_25(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_24(F, sep, __VA_ARGS__)
#define DL_EACH_F_25(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_24(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_25(n, F, sep, a, ...) F(DL_DIFF(n, 25), a) __DEBRACKET sep DL_EACH_I_24(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_26(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_25(F, sep, __VA_ARGS__)
#define DL_EACH_F_26(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_25(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_26(n, F, sep, a, ...) F(DL_DIFF(n, 26), a) __DEBRACKET sep DL_EACH_I_25(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_27(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_26(F, sep, __VA_ARGS__)
#define DL_EACH_F_27(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_26(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_27(n, F, sep, a, ...) F(DL_DIFF(n, 27), a) __DEBRACKET sep DL_EACH_I_26(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_28(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_27(F, sep, __VA_ARGS__)
#define DL_EACH_F_28(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_27(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_28(n, F, sep, a, ...) F(DL_DIFF(n, 28), a) __DEBRACKET sep DL_EACH_I_27(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_29(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_28(F, sep, __VA_ARGS__)
#define DL_EACH_F_29(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_28(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_29(n, F, sep, a, ...) F(DL_DIFF(n, 29), a) __DEBRACKET sep DL_EACH_I_28(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_30(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_29(F, sep, __VA_ARGS__)
#define DL_EACH_F_30(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_29(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_30(n, F, sep, a, ...) F(DL_DIFF(n, 30), a) __DEBRACKET sep DL_EACH_I_29(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_31(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_30(F, sep, __VA_ARGS__)
#define DL_EACH_F_31(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_30(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_31(n, F, sep, a, ...) F(DL_DIFF(n, 31), a) __DEBRACKET sep DL_EACH_I_30(n, F, sep, __VA_ARGS__)
#define DL_EACH_A_32(F, sep, a, ...) F(a) __DEBRACKET sep DL_EACH_A_31(F, sep, __VA_ARGS__)
#define DL_EACH_F_32(F, sep, fixed, a, ...) F(a, fixed) __DEBRACKET sep DL_EACH_F_31(F, sep, fixed, __VA_ARGS__)
#define DL_EACH_I_32(n, F, sep, a, ...) F(DL_DIFF(n, 32), a) __DEBRACKET sep DL_EACH_I_31(n, F, sep, __VA_ARGS__)
#define DL_DIFF(n, i) ((n) - (i))

#endif
