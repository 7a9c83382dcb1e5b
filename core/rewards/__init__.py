"""Rewards for points: the catalogue of the programme, redemptions, notices of points that run out."""
