"""The window on top of KnowledgeBase. Only `bridge` passes anything between the core's threads and Qt.

theme        colours, sizes, style sheet          translation  the words, in two languages
bridge       the core's results as signals        window       header, views, status bar
hits         result cards: model and delegate     library      the table of documents
application  starting, one instance, screenshots
"""
