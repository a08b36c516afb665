"""Chats and notes as people keep them, in any number: short lines, names, dates, emoji, links, Chinese and English
mixed. Made up here, but for the longer messages, which are pieces of the sentences that are given.

Half of the lines are a handful of answers ('ok', '好的'), as in what people write to each other; the rest are longer
the rarer they are. A document is one chat in the form in which one program writes it down, or one note.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence

#: What is answered, from what everybody writes to what few do (drawn by Zipf's law).
_ANSWERS = {
    "en": [
        "ok", "yes", "haha", "thanks!", "👍", "lol", "no", "sure", "sounds good", "on my way", "😂", "cool",
        "got it", "same", "hmm", "will do", "ok ok", "really?", "nice 😊", "where are you?", "call me",
        "in 5 min", "not yet", "omg", "❤️", "me too", "np", "idk", "perfect", "let me check", "one sec",
        "sorry, was asleep", "see you there", "good morning ☀️", "gn", "🙈", "what time?", "which one?",
        "done ✅", "brb", "no worries", "I'll ask", "haha no way", "👏👏", "can't today", "tomorrow?", "sent",
        "🎉🎉🎉", "yep", "why not", "too late", "wait", "good luck!", "happy birthday!! 🎂",
    ],
    "zh": [
        "好的", "嗯嗯", "哈哈哈", "收到", "ok", "👍", "谢谢", "好", "没事", "在吗", "可以", "😂", "明天见",
        "等一下", "行", "对", "我看看", "不用了", "晚安", "到了吗", "哈哈", "辛苦了", "马上到", "知道了",
        "真的假的", "早上好", "没问题", "几点？", "在路上", "哪个？", "🙏", "好吧", "稍等", "我也是", "太好了",
        "[表情]", "恭喜🎉", "加油", "先这样", "收到，谢谢", "吃了吗", "😅", "下班了", "嗯", "那就好", "有空吗",
        "生日快乐🎂", "发你了", "改天", "不急",
    ],
}  # fmt: skip
#: What is told and asked; the braces are filled.
_SAID = {
    "en": [
        "are you coming {day}?", "{who}, can you bring the {thing}?", "I left the {thing} at {place}",
        "meet at {place} at {time}", "train is {n} min late, don't wait", "look at this {link}", "{link}",
        "who has the key for {place}?", "the {thing} arrived {day}", "{who} says {day} works for everyone",
        "I paid {n} for the {thing}, you owe me {n} 😅", "new plan: {place}, {time}",
        "did you see what {who} wrote?", "the {thing} is broken again 🙄", "doctor moved it to {day} {time}",
        "can we do {time} instead?", "please sign this before {day}: {link}", "pick up {who} at {time}",
        "wifi at {place} is {word}{n}", "need {n} more people for {day}", "deploy is done, {thing} looks fine",
        "PR {n} needs a review, {who}?", "the build fails on {word}, see {link}", "{who} is off until {day}",
        "booked {place} for {n}, {day} {time}", "don't forget the {thing}!", "Mum asks about {day}",
        "happy to help, ask {who} about the {thing}", "{n} missed calls, everything ok?",
        "the {thing} is {n} at {place}, expensive", "微信 me the address please", "{who} 说 {day} is fine",
        "my flight {word}{n} lands {time}", "where did we put the {thing}?",
    ],
    "zh": [
        "{day}你来吗？", "{who}你能带一下{thing}吗", "我把{thing}忘在{place}了", "{time}在{place}见",
        "地铁晚点{n}分钟，别等我", "看这个 {link}", "{link}", "谁有{place}的钥匙？", "{thing}{day}到",
        "{who}说{day}都可以", "{thing}我付了{n}块，你转我{n}就行😅", "改一下：{place}，{time}",
        "{who}刚才说什么？", "{thing}又坏了🙄", "医生改到{day}{time}了", "能不能{time}？",
        "{day}之前签一下：{link}", "{time}去接{who}", "{place}的wifi密码是{word}{n}", "{day}还差{n}个人",
        "deploy 好了，{thing}没问题", "PR {n} 帮我 review 一下 @{who}", "build 又挂了，看 {link}",
        "{who}请假到{day}", "{place}订了{n}位，{day}{time}", "别忘了{thing}！", "妈问{day}回不回来",
        "{thing}的事你问{who}", "{n}个未接来电，没事吧？", "{place}的{thing}要{n}，太贵了",
        "meeting 改到{day}{time}", "deadline 是{day}，大家抓紧", "航班{word}{n}，{time}落地",
        "快递单号{word}{n}",
    ],
}  # fmt: skip
#: Lines of a note.
_NOTED = {
    "en": [
        "- [ ] {thing}", "- [x] {thing} ({day})", "- ask {who} about {place}", "## {date}",
        "{place}: {time}, {n} people", "see {link}", "- {who}: {thing}, {day}",
        "TODO call {place} before {day}", "#{word} #{day}", "total {n}.{n}", "idea: {thing} + {thing}",
    ],
    "zh": [
        "- [ ] {thing}", "- [x] {thing}（{day}）", "- 问{who}{place}的事", "## {date}",
        "{place}：{time}，{n}人", "参考 {link}", "- {who}：{thing}，{day}", "TODO {day}前打电话给{place}",
        "#{word} #{day}", "合计 {n}.{n} 元", "想法：{thing}＋{thing}",
    ],
}  # fmt: skip
_FILLING = {
    "en": {
        "day": [
            "today", "tomorrow", "tonight", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
            "Sunday", "next week",
        ],
        "thing": [
            "tent", "charger", "invoice", "cake", "keys", "bike", "passport", "slides", "contract", "screen",
            "guitar", "blanket", "receipt", "milk", "report", "pump", "ladder", "ticket", "camera", "stroller",
            "printer", "jacket", "deck", "database", "dashboard", "sofa", "medicine", "recipe", "logo",
            "poster",
        ],
        "place": [
            "the office", "school", "Anna's", "the lake", "gate 4", "the station", "room 12", "the gym",
            "the clinic", "home", "the bakery", "platform 3", "the bank", "the cabin", "Kastanienallee",
            "the library", "the garage", "terminal 2",
        ],
    },
    "zh": {
        "day": [
            "今天", "明天", "今晚", "周一", "周二", "周三", "周四", "周五", "周六", "周日", "下周", "后天",
        ],
        "thing": [
            "帐篷", "充电器", "发票", "蛋糕", "钥匙", "自行车", "护照", "PPT", "合同", "屏幕", "吉他", "毯子",
            "收据", "牛奶", "报告", "水泵", "梯子", "车票", "相机", "打印机", "外套", "数据库", "沙发", "药",
            "菜谱", "logo", "海报", "快递", "体检表", "作业",
        ],
        "place": [
            "公司", "学校", "小李家", "湖边", "4号口", "车站", "12会议室", "健身房", "医院", "家里", "面包店",
            "地铁站", "银行", "咖啡馆", "图书馆", "车库", "二号航站楼",
        ],
    },
}  # fmt: skip
_PEOPLE = {
    "en": [
        "Anna", "Tom", "Priya", "Jonas", "Mia", "Lukas", "Sofia", "Ahmed", "Nina", "Carlos", "Emma", "Yuki",
        "Ben", "Olga", "Marta", "Leo", "Zoe", "Ivan", "Dana", "小李",
    ],
    "zh": [
        "小李", "王小明", "陈静", "妈", "阿强", "老张", "李娜", "Kevin", "刘洋", "小美", "周杰", "赵敏",
        "Vivian", "张伟", "老板", "二叔", "吴芳", "Leo", "孙丽", "阿May",
    ],
}  # fmt: skip
_SITES = [
    "maps.example.org/p", "docs.example.com/d", "video.example.net/watch", "example.cn/s",
    "git.example.org/pull",
]  # fmt: skip


def documents(sentences: Mapping[str, Sequence[str]], count: int) -> Iterator[str]:
    """`count` documents of 20 to 200 lines; every second one Chinese, every fourth a note."""
    chance = random.Random(count)
    for number in range(count):
        code = ("en", "zh")[number % 2]
        day = [2019 + chance.randrange(8), 1 + chance.randrange(12), 1 + chance.randrange(28)]
        people = chance.sample(_PEOPLE[code], chance.randint(2, 6))
        form = chance.choice(_FORMS)
        minute = chance.randrange(420, 1400)
        lines = []
        for _ in range(chance.randint(20, 200)):
            minute += int(chance.expovariate(0.2))
            if minute >= 1440:
                minute, day[2] = 420 + minute % 60, day[2] % 28 + 1
            if number % 4 >= 2:
                lines.append(_filled(chance, code, chance.choice(_NOTED[code])))
            else:
                said = _message(chance, code, sentences[code])
                lines.append(form(day, minute, chance.choice(people), said))
        yield "\n".join(lines)


def _message(chance: random.Random, code: str, sentences: Sequence[str]) -> str:
    kind = chance.random()
    if kind < 0.4:
        return _zipf(chance, _ANSWERS[code])
    if kind < 0.8:
        return _filled(chance, code, chance.choice(_SAID[code]))
    return _piece(chance, code, chance.choice(sentences))


def _zipf(chance: random.Random, choices: Sequence[str]) -> str:
    return choices[int(len(choices) ** chance.random()) - 1]


def _filled(chance: random.Random, code: str, pattern: str) -> str:
    def fill(found: re.Match[str]) -> str:
        name = found[1]
        if name == "who":
            return chance.choice(_PEOPLE[code])
        if name == "n":
            return str(int(10 ** chance.uniform(0.3, 3.5)))
        if name == "time":
            return f"{chance.randint(7, 22)}:{chance.choice(('00', '15', '30', '45'))}"
        if name == "date":
            return f"{chance.randint(2019, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        if name == "word":
            return "".join(chance.choices("abcdefghkmnprstuvwx", k=chance.randint(2, 5)))
        if name == "link":
            return f"https://{chance.choice(_SITES)}/{chance.randrange(36**6):x}"
        return chance.choice(_FILLING[code][name])

    return re.sub(r"\{(\w+)\}", fill, pattern)


def _piece(chance: random.Random, code: str, sentence: str) -> str:
    """Some words in a row, without the end: three to fourteen, seldom more."""
    size = 3 + int(chance.expovariate(1 / 6))
    if code == "zh":
        clauses = [one for one in re.split("[，。；：、（）！？]", sentence) if one] or [sentence]
        return "，".join(clauses[: 1 + size // 8])
    words = sentence.split()
    start = chance.randrange(max(1, len(words) - size + 1))
    return " ".join(words[start : start + size]).lower().strip(".,;:")


def _stamped(day: list[int], minute: int, who: str, said: str) -> str:
    return f"[{day[2]:02}/{day[1]:02}/{day[0] % 100}, {minute // 60:02}:{minute % 60:02}] {who}: {said}"


def _headed(day: list[int], minute: int, who: str, said: str) -> str:
    return f"{who} {day[0]}-{day[1]:02}-{day[2]:02} {minute // 60:02}:{minute % 60:02}\n{said}"


def _named(_day: list[int], _minute: int, who: str, said: str) -> str:
    return f"{who}: {said}"


#: How chats are written down.
_FORMS = (_stamped, _headed, _named)
