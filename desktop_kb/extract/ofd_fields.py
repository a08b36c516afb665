"""The fields of invoices in OFD files, by the names that stand on the paper."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from desktop_kb.extract.properties import LONGEST
from desktop_kb.extract.xml_tree import attribute, below, child, local

_INVOICE: Final = "original_invoice.xml"
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
#: Names of the tax office's schema (einvoice 2019) and what stands on an invoice.
_NAMES: Final = {
    "InvoiceCode": "发票代码",
    "InvoiceNo": "发票号码",
    "IssueDate": "开票日期",
    "InvoiceCheckCode": "校验码",
    "MachineNo": "机器编号",
    "BuyerName": "购买方名称",
    "BuyerTaxID": "购买方纳税人识别号",
    "BuyerAddrTel": "购买方地址、电话",
    "BuyerFinancialAccount": "购买方开户行及账号",
    "SellerName": "销售方名称",
    "SellerTaxID": "销售方纳税人识别号",
    "SellerAddrTel": "销售方地址、电话",
    "SellerFinancialAccount": "销售方开户行及账号",
    "TaxExclusiveTotalAmount": "合计金额",
    "TaxTotalAmount": "合计税额",
    "TaxInclusiveTotalAmount": "价税合计",
    "Payee": "收款人",
    "Checker": "复核人",
    "InvoiceClerk": "开票人",
    "Note": "备注",
}
#: Of each thing that was sold.
_SOLD: Final = {
    "Item": "项目名称",
    "Specification": "规格型号",
    "MeasurementDimension": "单位",
    "Quantity": "数量",
    "Price": "单价",
    "Amount": "金额",
    "TaxScheme": "税率",
    "TaxAmount": "税额",
}
_THING: Final = "GoodsInfo"
_SOLD_THING: Final = "商品"
_MOST_THINGS = 200


def is_invoice(entry: str) -> bool:
    """Whether an attached file holds the fields."""
    return entry.lower().endswith(_INVOICE)


def of_whole(fields: Mapping[str, str]) -> dict[str, str]:
    """Those that are of the whole invoice, not of one thing that was sold."""
    return {name: value for name, value in fields.items() if not name.startswith(_SOLD_THING)}


def of_data(body: Any) -> Iterator[tuple[str, str]]:
    """Fields that the file has as data of its own. Names without Chinese are the writing program's."""
    for one in below(body, "CustomData"):
        name, value = attribute(one, "Name").strip(), " ".join((one.text or "").split())
        if value and _CHINESE.search(name):
            yield name[:100], value[:LONGEST]


def of_tags(root: Any, objects: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Fields by the schema's names.

    Args:
        objects: the texts of the pages by the identities that tags refer to.
    """
    things = 0
    for one in below(root, *_NAMES, _THING):
        name = local(one)
        if name in _NAMES and (value := _value(one, objects)):
            yield _NAMES[name], value
        elif name == _THING and things < _MOST_THINGS:
            things += 1
            said = [
                f"{label} {value}"
                for key, label in _SOLD.items()
                if (held := child(one, key)) is not None and (value := _value(held, objects))
            ]
            if said:
                yield f"{_SOLD_THING}{things}", "，".join(said)


def _value(element: Any, objects: Mapping[str, str]) -> str:
    """What an element says, or what the text objects say that it refers to; two say an amount with and
    without its sign of currency."""
    referred = [objects.get((one.text or "").strip(), "") for one in below(element, "ObjectRef")]
    text = " ".join(filter(None, referred)) if referred else (element.text or "")
    return " ".join(text.split())[:LONGEST]
