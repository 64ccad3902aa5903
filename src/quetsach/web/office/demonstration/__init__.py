"""A campaign as it might have gone, played through the services of the office: what a new centre shows to try it out.

People, texts and figures are invented; the numbers and days of the two letters are those of 2020.
"""
