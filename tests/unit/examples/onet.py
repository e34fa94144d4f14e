"""Documents for tests: onet."""

from __future__ import annotations

MODEL = """\
Element ID\tElement Name\tDescription
1\tWorker Characteristics\tEverything
1.A\tAbilities\tEnduring attributes
1.A.1.a\tVerbal Abilities\tOf words
1.A.1.a.1\tOral Comprehension\tTo understand what is said.
1.B.1.a\tRealistic\tAn interest
2.B.3.k\tTroubleshooting\tFinding what is wrong.
2.B.3\tTechnical Skills\tOf machines
2.C.10\tTransportation\tMoving goods.
4.A.1\tInformation Input\tAn activity
"""

SKILLS = """\
O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN
11-1011.00\t2.B.3.k\tTroubleshooting\tIM\t3.0\t8
11-1011.00\t2.A.1.a\tReading Comprehension\tIM\t4.0\t8
11-1011.03\t2.A.1.a\tReading Comprehension\tLV\t4.1\t8
"""

TECHNOLOGY = """\
O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand
15-1252.00\tPython\t43232405\tDevelopment software\tY\tN
15-1252.00\tC#\t43232405\tDevelopment software\tY\tN
15-1252.00\tPython\t43232306\tQuery software\tY\tN
15-1252.00\tStructured query language SQL\t43232306\tQuery software\tY\tN
15-1252.00\tquery software\t43232306\tQuery software\tY\tN
15-1252.00\tExtensible markup language XML\t43232405\tDevelopment software\tY\tN
15-1252.00\tActuarial Systems Corporation AIM\t43232405\tDevelopment software\tN\tN
"""
