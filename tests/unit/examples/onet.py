"""Documents for tests: onet."""

from __future__ import annotations

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
