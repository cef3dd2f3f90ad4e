"""The audit pack: all that an answer for one framework and one date rests on, in forms that auditors read.

Everything here is made from finished values: nothing is judged anew, and what is not settled stays so in every form.
"""
