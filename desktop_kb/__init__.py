"""Desktop KB: a library of your PDFs and notes that answers, offline, and shows why.

The map, from the bottom up (imports only go down; `tests/test_architecture.py` runs the rule):

    errors        what can go wrong in the world: a code and its details
    frames        what programs of ours say to each other: JSON and raw bytes
    patience      how long another process is waited for
    arguments     what Python programs pass, refused where it would be taken for something else
    records/      the dataclasses and protocols that cross modules, by subject
    files         opened for their owner alone, hashed, written whole and on the disk
    locked        a lock between programs
    power         what runs in the background spares the battery
    paths         where things live; resources, from source and from the frozen program
    formats       ONE table: what each kind of file is, who reads it, how it is shown
    settings      every setting, declared once
    followed      which folders a library follows
    watching      what the system says has been touched in folders, and come to rest
    diagnostics   logging; never document text, queries or full paths at INFO
    reading       raw text -> what is read (hyphens joined, lines reflowed, furniture dropped)
    bibliography/ what BibTeX, RIS and CSL JSON say of documents, and the files that they name
    anchoring     a marked passage found again in a text that has changed
    language/     words and sentences of Chinese and English
    similarity    vectors as directions: unit rows, cosines
    worker        child processes: start, talk, limit, kill
    helper/       the process that keeps models loaded, as others speak to it
    lexical/      a question and a passage as words: terms, weights, what is searched besides
    codec         values as bytes, for every store
    sandbox       what a child gives up before it reads
    extract/      file -> text with pages, headings, offsets (readers run in a child)
    recognize/    the picture of a page -> its lines (the models run in a child)
    inference/    embedders and rerankers (torch runs in a child)
    chunking/     text + sentence vectors -> passages; pure
    store/        the SQLite file; the only importer of APSW and sqlite-vec
    remote/       a library on an engine that others share; the only importer of PyMySQL
    ingest/       one waiting file -> stored passages; the next one is prepared meanwhile
    search        a query -> hits, each with a 'why'
    indexer       the thread that works off the queue
    choice        which models a library uses
    questions     questions made from documents, or a person's own
    known_items   what documents are named by: titles, file names, dates, numbers
    landscape/    passages on a plane, by what they say: neighbours, hills, topics, ways
    evaluate/     how well a library answers them, every stage against the next
    export        a library as plain files that any other program reads
    kb/           KnowledgeBase: the whole application without a window, the one door for what is above
    sentences     what people are told of problems and findings, in both languages
    rows          records as the JSON objects that programs are given
    cli/, gui/    the terminal and the window over KnowledgeBase
    mcp/          a server for assistants over KnowledgeBase
    helper_process  the helper itself; helper_search  a search of the terminal's, before anything else is imported
"""

__version__ = "0.1.0"
