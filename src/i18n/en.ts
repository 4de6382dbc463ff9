import type { ErrorCode } from '#domain/errors.ts';

const texts = {
  'common.back': 'Back',
  'common.cancel': 'Cancel',
  'common.chosen': 'chosen',
  'common.close': 'Close',
  'common.copied': 'Copied',
  'common.copy': 'Copy',
  'common.copyCode': 'Copy code',
  'common.done': 'Done',
  'common.edit': 'Edit',
  'common.notices': 'Notices',
  'common.save': 'Save',
  'common.tryAgain': 'Try again',
  'common.undo': 'Undo',

  'blocked.title': 'onggi is paused',
  'blocked.reload': 'Reload',
  'shell.skip': 'Skip to the message box',
  'shell.offline':
    'You are offline. You can read everything; models elsewhere answer when you are connected again.',
  'shell.partMissing': 'This part of the app could not be loaded. Reload the page to get it.',
  'update.waiting': 'A new version of onggi is ready.',
  'update.replaced': 'onggi was updated in another tab.',
  'update.apply': 'Reload now',
  'update.unsavedTitle': 'Some text is not saved yet',
  'update.unsavedBody':
    'Reloading now would lose the text that is only in this tab. Save or download it first.',

  'sidebar.name': 'Sidebar',
  'sidebar.close': 'Close the sidebar',
  'sidebar.toggle': 'Sidebar',
  'sidebar.newChat': 'New chat',
  'sidebar.search': 'Search conversations',
  'sidebar.searchHint': 'Search titles',
  'sidebar.settings': 'Settings',
  'footer.saved': 'Saved on this device',
  'footer.protected': 'Saved and protected on this device',
  'footer.unsaved': 'Not everything is saved',

  'list.name': 'Conversations',
  'list.filter': 'Which conversations are shown',
  'list.active': 'Conversations',
  'list.archive': 'Archive',
  'list.trash': 'Trash',
  'list.inMemory': 'Only in this tab',
  'list.pinned': 'Pinned',
  'list.today': 'Today',
  'list.yesterday': 'Yesterday',
  'list.past-week': 'Past 7 days',
  'list.past-month': 'Past 30 days',
  'list.emptyActive': 'Your conversations will appear here.',
  'list.emptyArchive': 'Nothing is archived.',
  'list.emptyTrash': 'The trash is empty.',
  'list.noMatch': 'No conversation matches.',
  'list.select': 'Select conversations',
  'list.selectOne': 'Select “{title}”',
  'list.trashNote': 'Conversations in the trash can be restored until you delete them for good.',
  'list.emptyTheTrash': 'Empty the trash',
  'list.restored': {
    one: 'Back in your conversations',
    other: '{count} back in your conversations',
  },
  'list.archived': { one: 'Archived', other: '{count} archived' },
  'list.trashed': { one: 'Moved to the trash', other: '{count} moved to the trash' },
  'list.forgetTitle': 'Discard this conversation?',
  'list.forgetBody': 'It exists only in this tab and cannot be brought back.',
  'list.forget': 'Discard',
  'list.purgeTitle': {
    one: 'Delete this conversation for good?',
    other: 'Delete {count} conversations for good?',
  },
  'list.purgeBody':
    'Messages that will be gone: {messages}. This cannot be undone. All other conversations stay.',
  'list.purge': 'Delete for good',
  'list.purged': { one: 'Deleted for good', other: '{count} deleted for good' },
  'selection.name': 'Selected conversations',
  'selection.count': '{count} selected',
  'selection.all': 'Select all',

  'conversation.untitled': 'Untitled conversation',
  'conversation.menu': 'More for “{title}”',
  'conversation.rename': 'Rename',
  'conversation.renameField': 'Title of the conversation',
  'conversation.pin': 'Pin',
  'conversation.unpin': 'Unpin',
  'conversation.tags': 'Tags…',
  'conversation.archive': 'Archive',
  'conversation.unarchive': 'Take out of the archive',
  'conversation.remove': 'Move to trash',
  'conversation.restore': 'Restore',
  'conversation.purge': 'Delete for good',
  'conversation.suggestTitle': 'Suggest a title',
  'conversation.summarise': 'Summarise',
  'conversation.titleDone': 'The model’s title is in place',
  'conversation.summaryDone': 'Summary saved; see the conversation’s options',
  'conversation.nothingUseful': 'The model gave no usable answer. Nothing was changed.',
  'tags.title': 'Tags',
  'tags.field': 'Add a tag',
  'tags.hint': 'For example: work',
  'tags.known': 'Tags you already use',
  'tags.remove': 'Remove the tag {tag}',

  'chat.newTitle': 'New chat',
  'chat.messages': 'Messages',
  'chat.older': 'Show earlier messages',
  'chat.toLatest': 'Jump to latest',
  'chat.temporary': 'Temporary',
  'chat.temporaryHint': 'Nothing of this conversation is written anywhere. It ends with this tab.',
  'chat.saved': 'Saved on this device',
  'chat.goneTitle': 'This conversation is not here',
  'chat.goneBody':
    'It was deleted, or it was temporary and ended with its tab, or it is kept in another browser.',
  'empty.title': 'What is on your mind?',
  'empty.body': 'Everything you write here is kept on this device, and only here.',
  'empty.temporaryTitle': 'Temporary chat',
  'empty.temporaryBody': 'Nothing of this conversation is written anywhere. It ends with this tab.',
  'empty.historyOff':
    'Keeping history is switched off in the settings: nothing of this conversation is written anywhere.',
  'empty.unsavedBody':
    'Automatic saving is off: this conversation stays in this tab until you press Save.',
  'empty.noEndpoint': 'No model is connected yet.',
  'empty.connect': 'Connect a model',
  'composer.name': 'Message',
  'composer.placeholder': 'Write a message',
  'composer.send': 'Send',
  'composer.stop': 'Stop',
  'composer.pasted': 'Pasted texts',
  'composer.removePasted': 'Remove the pasted text',
  'composer.pastedRemoved': 'Pasted text removed',
  'composer.length': '{count} characters',
  'status.asking': 'Waiting for the answer…',
  'status.waiting': {
    one: 'The server is busy. Trying again in {count} second…',
    other: 'The server is busy. Trying again in {count} seconds…',
  },
  'status.thinking': 'Thinking…',
  'status.writing': 'Writing…',
  'status.streaming': 'Writing…',
  'status.otherTab': 'The answer is being written in another tab.',
  'status.complete': 'Answer complete',
  'status.stopped': 'Stopped',
  'status.interrupted': 'The answer was interrupted',
  'status.error': 'The answer failed',

  'message.you': 'You',
  'message.assistant': 'Assistant',
  'message.system': 'System',
  'message.function': 'Function',
  'message.tool': 'Tool',
  'message.edit': 'Edit message',
  'message.editField': 'Edited message',
  'message.editHint': 'The earlier version stays; you can switch between them.',
  'message.sendEdited': 'Send the new version',
  'message.regenerate': 'Regenerate',
  'message.more': 'More for this answer',
  'message.remove': 'Delete from here on',
  'message.removed': 'Deleted from here on',
  'message.getAnswer': 'Get the answer',
  'message.continue': 'Continue',
  'message.checkConnection': 'Check the connection',
  'message.comment': 'Feedback',
  'message.commentField': 'What was good or bad about this answer?',
  'message.details': 'Details',
  'message.rating': 'Rating',
  'message.rate': { one: '{count} star', other: '{count} stars' },
  'message.versions': 'Versions',
  'message.version': 'Version {place} of {total}',
  'message.previousVersion': 'Previous version',
  'message.nextVersion': 'Next version',
  'message.tokens': { one: '{count} token', other: '{count} tokens' },
  'message.tokensInOut': '{input} → {output} tokens',
  'message.showAll': 'Show all {count} characters',
  'message.fold': 'Fold',
  'message.reasoning': 'Reasoning',
  'message.thinking': 'Thinking…',
  'message.unknownPart': 'A block onggi does not know',
  'message.stopped': 'You stopped this answer. What had arrived is kept.',
  'message.cutByLength': 'The answer reached its maximum length.',
  'details.model': 'Model',
  'details.endpoint': 'Endpoint',
  'details.temperature': 'Temperature',
  'details.promptTokens': 'Tokens in',
  'details.completionTokens': 'Tokens out',
  'details.firstToken': 'Time to first text',
  'details.total': 'Total time',
  'details.finish': 'Finish reason',
  'details.time': 'Sent',
  'details.estimated': 'Figures with ~ are estimates: the server sent no count.',
  'markdown.code': 'Code',
  'markdown.taskDone': 'done',
  'markdown.taskOpen': 'open',
  'markdown.loadImage': 'Load the image from {host}',
  'markdown.openImage': 'Open the image at {host} in a new tab',
  'markdown.linkTitle': 'This link leads elsewhere',
  'markdown.linkBody': 'It looks different from where it goes: {host}',
  'markdown.linkGo': 'Go there',

  'model.choose': 'Model: {model}, {endpoint}. Choose another',
  'model.none': 'No model',
  'model.list': 'Models',
  'model.filter': 'Find or type a model',
  'model.useTyped': 'Use “{model}” at {endpoint}',
  'model.manage': 'Manage connections',
  'model.noEndpoint': 'No model is connected yet.',
  'options.open': 'Options of this conversation',
  'options.title': 'This conversation',
  'options.hint': 'Empty fields follow your settings.',
  'options.systemPrompt': 'System prompt',
  'options.systemPromptHint': 'For example: Answer briefly and give sources.',
  'options.temperature': 'Temperature',
  'options.maxTokens': 'Longest answer (tokens)',
  'options.summary': 'Summary',
  'options.counts': '{messages} messages · {tokens} tokens',
  'options.reset': 'Use the settings’ values',

  'start.title': 'How would you like to begin?',
  'start.promise': 'Every conversation is kept on this device only. No account, no server of ours.',
  'start.local': 'Use a model on my computer',
  'start.localHint': 'Looks for Ollama, LM Studio, llama.cpp and vLLM.',
  'start.key': 'Connect with an API key',
  'start.keyHint':
    'OpenAI, OpenRouter, Anthropic, Gemini or any compatible address. The key stays on this device, encrypted.',
  'start.later': 'Look around first',
  'local.looking': 'Looking on this computer…',
  'local.found': 'Found on this computer:',
  'local.none': 'Nothing answered on the usual ports.',
  'local.models': { one: '{count} model', other: '{count} models' },
  'local.absent': 'Not running. How to start it',
  'local.refused': 'Something answers there, but not to this page. What to change',
  'local.connect': 'Connect {name}',
  'local.again': 'Look again',
  'local.other': 'Type an address',
  'endpoint.provider': 'Where is the model?',
  'endpoint.custom': 'Other address',
  'endpoint.name': 'Name',
  'endpoint.address': 'Address (base URL)',
  'endpoint.useSuggestion': 'Use {address}',
  'endpoint.key': 'API key',
  'endpoint.keyOptional': 'API key (if it needs one)',
  'endpoint.keyStored': 'Key stored, ends in {hint}',
  'endpoint.noKey': 'no key',
  'endpoint.removeKey': 'Delete the stored key',
  'endpoint.getKey': 'Get a key from {provider}',
  'endpoint.showKey': 'Show the key',
  'endpoint.hideKey': 'Hide the key',
  'endpoint.model': 'Model name',
  'endpoint.modelHint':
    'This address lists no models. Type the name as its documentation gives it.',
  'endpoint.advanced': 'More',
  'endpoint.testModel': 'Model to test with',
  'endpoint.firstByte': 'Wait for the first sign of an answer (seconds)',
  'endpoint.firstByteHint': 'A model on your own computer may have to be loaded first.',
  'endpoint.sendsReasoning': 'Send earlier reasoning back to the model',
  'endpoint.test': 'Test connection',
  'endpoint.testing': 'Trying…',
  'endpoint.connect': 'Connect',
  'endpoint.saveAnyway': 'Save anyway',
  'endpoint.saved': 'Connection saved',
  'endpoint.none': 'No model is connected yet.',
  'endpoint.default': 'default',
  'endpoint.add': 'Add a connection',
  'endpoint.editOne': 'Edit {name}',
  'endpoint.refresh': 'Refresh models',
  'endpoint.refreshFailed':
    'The list could not be fetched, so the old one stays. Test the connection under Edit.',
  'endpoint.refreshed': 'The list of models is up to date',
  'endpoint.remove': 'Remove',
  'endpoint.removeOne': 'Remove {name}',
  'endpoint.removeTitle': 'Remove {name}?',
  'endpoint.removeBody':
    'The connection and its stored key go. Your conversations stay. The key itself cannot be brought back.',
  'endpoint.removed': '{name} removed',
  'preset.openai': 'Your key is used from this browser and seen by nobody but OpenAI.',
  'preset.openrouter': 'One key for many providers’ models.',
  'preset.anthropic': 'Works from a browser; onggi adds the header Anthropic asks for.',
  'preset.gemini': 'Google’s OpenAI-compatible address.',
  'preset.mistral': 'Your key is used from this browser and seen by nobody but Mistral.',
  'preset.deepseek': 'Your key is used from this browser and seen by nobody but DeepSeek.',
  'preset.groq': 'Your key is used from this browser and seen by nobody but Groq.',
  'preset.xai': 'Your key is used from this browser and seen by nobody but xAI.',
  'preset.ollama':
    'Start Ollama on this computer. A copy of onggi on another host needs OLLAMA_ORIGINS.',
  'preset.lm-studio': 'Start the server in LM Studio and turn on “Enable CORS”.',
  'preset.llama-cpp': 'Start llama-server on this computer; it lets pages in by default.',
  'preset.vllm': 'Start vLLM’s OpenAI-compatible server.',
  'preset.custom': 'Any address that speaks the OpenAI chat protocol, usually ending in /v1.',
  'connection.ok': {
    one: 'It works. {count} model found.',
    other: 'It works. {count} models found.',
  },
  'connection.okNoList': 'Something answers, but it lists no models. Type a model name.',
  'connection.answered': 'The model answered.',
  'connection.wrong-key':
    'The server is there but does not accept this key. Check that it is complete and not expired.',
  'connection.missing-key': 'The server is there but asks for a key.',
  'connection.wrong-model':
    'The key works, but the server does not know this model. Choose one from its list.',
  'connection.wrong-address':
    'Something answers, but not as expected. Check the address; it usually ends in /v1.',
  'connection.server-off': 'Nothing answers at this address.',
  'connection.cors-refused': 'A server is running there, but it does not let this page in (CORS).',
  'connection.permission-denied':
    'The browser does not allow this page to reach your local network.',
  'connection.offline': 'This device has no network right now.',
  'connection.refused': 'The server understood and refused.',
  'connection.unknown': 'The test failed, and the browser does not say why.',
  'help.start': 'Start it, for example:',
  'help.allow': 'Let exactly this page in:',
  'help.lmStudio': 'Or in LM Studio: Developer → Settings → turn on “Enable CORS”.',
  'help.permission':
    'Allow local network access for this page in the browser’s site settings, then try again.',
  'help.permissionToo':
    'If the browser asked for permission to reach your local network, allow it.',
  'help.corsHosted':
    'The server must allow the origin {origin}. If it cannot, use a gateway such as OpenRouter.',
  'help.address': 'Check the address and that the server is running.',

  'settings.title': 'Settings',
  'settings.back': 'Back to the chat',
  'settings.sections': 'Sections of the settings',
  'settings.general': 'General',
  'settings.models': 'Models',
  'settings.behaviour': 'Behaviour',
  'settings.privacy': 'Privacy',
  'settings.data': 'Data',
  'settings.language': 'Language',
  'settings.theme': 'Appearance',
  'settings.theme.light': 'Light',
  'settings.theme.dark': 'Dark',
  'settings.theme.auto': 'Automatic',
  'settings.fontSize': 'Text size',
  'settings.fontSize.small': 'Small',
  'settings.fontSize.medium': 'Medium',
  'settings.fontSize.large': 'Large',
  'settings.endpoints': 'Connections',
  'settings.defaults': 'For new conversations',
  'settings.defaultEndpoint': 'Connection',
  'settings.defaultModel': 'Model',
  'settings.temperatureHint': '0 is predictable, 2 is adventurous.',
  'settings.maxTokensHint': 'An answer that reaches this can be continued.',
  'settings.systemPromptHint': 'Sent before every conversation that has none of its own.',
  'settings.autoSave': 'Save automatically',
  'settings.autoSaveHint': 'Off: a new conversation stays in its tab until you press Save.',
  'settings.streamResponse': 'Show answers while they are written',
  'settings.streamResponseHint': 'Off: an answer appears when it is complete.',
  'settings.showTokenCount': 'Show token counts',
  'settings.showTokenCountHint': 'Under every message; ~ marks an estimate.',
  'settings.enableMarkdown': 'Format answers',
  'settings.enableMarkdownHint': 'Off: answers are shown as plain text, as they arrived.',
  'settings.saveHistory': 'Keep history',
  'settings.saveHistoryHint':
    'Off: new conversations are temporary, nothing of them is written anywhere. What is kept already stays.',
  'settings.shareAnalytics': 'Usage report',
  'settings.shareAnalyticsHint':
    'Offers an anonymous report for download: counts by month and model, no texts. onggi itself never sends anything.',
  'settings.downloadReport': 'Download the report',
  'privacy.where': 'What goes where',
  'privacy.network':
    'This page talks to its own host and to the endpoints you connect, to nobody else. Images in answers are loaded only when you click.',
  'privacy.keys':
    'API keys are stored encrypted and are sent only to the address they belong to. They are never part of an export.',
  'privacy.disk':
    'Conversations lie unencrypted in this browser’s profile on this disk. Full-disk encryption protects them when the device is lost.',
  'privacy.renew': 'Encrypt the keys anew',
  'privacy.renewed': 'All keys are encrypted anew',
  'data.offlineReady': 'onggi opens without a network.',
  'data.offlineNotReady': 'onggi is not ready to open without a network yet.',
  'data.where': 'Where your data are',
  'data.whereBody':
    'In this browser on this device, under {origin}. Another browser or address has its own.',
  'data.usage': 'used on this device by onggi',
  'data.protected': 'The browser has promised not to clear these data on its own.',
  'data.unprotected': 'The browser may clear these data when space runs low.',
  'data.protect': 'Ask for protection',
  'data.notProtected': 'The browser did not agree. Installing onggi as an app usually helps.',
  'data.schema': 'Versions of the database',
  'data.version': 'Version {version}',
  'storage.dataLoss':
    'The browser found its storage damaged and emptied it. What onggi kept here before is gone from this browser; nothing else was touched. Copies that you made elsewhere are safe.',
  'storage.unsavedTitle': 'Not saved.',
  'storage.downloadUnsaved': {
    one: 'Download the unsaved text',
    other: 'Download {count} unsaved texts',
  },

  'shortcut.title': 'Keyboard shortcuts',
  'shortcut.newChat': 'New chat',
  'shortcut.temporaryChat': 'Temporary chat',
  'shortcut.search': 'Search conversations',
  'shortcut.model': 'Choose a model',
  'shortcut.settings': 'Settings',
  'shortcut.sidebar': 'Show or hide the sidebar',
  'shortcut.copyAnswer': 'Copy the last answer',
  'shortcut.copyCode': 'Copy the last code block',
  'shortcut.delete': 'Move the conversation to the trash',
  'shortcut.composer': 'Go to the message box',
  'shortcut.shortcuts': 'Show this list',
  'shortcut.send': 'Send',
  'shortcut.newLine': 'New line',
  'shortcut.editLast': 'Edit the last message (empty box)',
  'shortcut.stop': 'Stop the answer, or close what is open',
  'unit.seconds': '{value}s',
} as const;

const errors = {
  'error.provider/unreachable':
    'The server cannot be reached: it is off, the network is gone, or it does not let this page in. Your message is kept; check the connection, then try again.',
  'error.provider/offline': 'You are offline. Your message is saved, and the answer waits for you.',
  'error.provider/unauthorized':
    'The server does not accept the key. Your message is kept; check the key.',
  'error.provider/forbidden':
    'The server refused this request. Your message is kept; check what your key may do.',
  'error.provider/not-found':
    'The address exists but not this path. Your message is kept; check the base URL.',
  'error.provider/model-not-found':
    'The server does not know this model. Your message is kept; choose another model.',
  'error.provider/rate-limited':
    'Too many requests, or the quota is used up. Your message is kept; try again later.',
  'error.provider/context-too-long':
    'The conversation is longer than this model can read. Everything is kept; use a model with a larger context or begin a new chat.',
  'error.provider/bad-request':
    'The server did not understand the request. Your message is kept; check the model and the options of this conversation.',
  'error.provider/server': 'The server failed. Your message is kept; try again in a moment.',
  'error.provider/interrupted':
    'The connection broke before the answer was complete. What arrived is kept; continue it or try again.',
  'error.provider/idle':
    'The server went silent, so onggi stopped waiting. What arrived is kept; continue it or try again.',
  'error.provider/first-byte-timeout':
    'The server did not begin to answer in time. Your message is kept; the waiting time can be set for this connection.',
  'error.provider/malformed':
    'The server sent something unreadable in the middle of the answer. What arrived is kept; continue it or try again.',
  'error.provider/not-json':
    'Something answers there, but not as an AI endpoint does. Your message is kept; check the base URL.',
  'error.provider/redirected':
    'The server wanted to send the request elsewhere. onggi refused, so that your key stays with its own address. Your message is kept; check the base URL.',
  'error.provider/too-large':
    'The answer was larger than onggi accepts, so it was cut. What arrived is kept; continue it or ask for less.',
  'error.provider/too-long':
    'The answer took longer than half an hour and was cut. What arrived is kept; continue it or try again.',
  'error.provider/content-filter':
    'The server’s content filter ended this answer. Your message is kept; try other words.',
  'error.provider/no-model':
    'No model is chosen. Your text is still in the box; choose a model above.',
  'error.provider/no-endpoint':
    'No model is connected. Your text is still in the box; connect one first.',
  'error.provider/empty': 'The server sent an empty answer. Your message is kept; try again.',
  'error.endpoint/address-empty': 'Type the address of the server.',
  'error.endpoint/address-invalid':
    'This is not a readable address. It looks like https://example.com/v1.',
  'error.endpoint/address-no-scheme': 'The address needs https:// in front.',
  'error.endpoint/address-insecure':
    'http is allowed for this computer only (localhost or 127.0.0.1). For another address use https: a browser blocks the rest.',
  'error.endpoint/key-missing': 'This provider needs an API key.',
  'error.endpoint/key-malformed':
    'The key contains spaces or characters that no key has. Copy it again.',
  'error.vault/locked': 'The keys are locked. Unlock them to send.',
  'error.vault/cannot-open':
    'The stored key does not open for this address. Your conversations are safe; enter the key again.',
  'error.vault/unavailable':
    'This page cannot encrypt here, because the address is not secure. Use https or localhost.',
  'error.db/quota':
    'The browser gives onggi no more space. Nothing was deleted; download unsaved text, then free space on this device.',
  'error.db/no-space':
    'The disk is full, so nothing can be written. Nothing was deleted; download unsaved text, free space, then try again.',
  'error.db/hang':
    'The browser’s storage does not answer. Your text is still here; download it, then reload the page.',
  'error.db/closed':
    'onggi was opened in another tab with a newer version. Nothing is lost; reload to go on here.',
  'error.db/blocked':
    'Another tab with an older version of onggi is still open. Close it, and this one goes on by itself.',
  'error.db/newer-version':
    'These data were already opened by a newer version of onggi. Nothing was changed. Reload to get that version.',
  'error.db/lost':
    'The browser lost the connection to its storage. Reload the page; what was saved is still there.',
  'error.db/row-damaged':
    'A stored entry cannot be read. It is left as it is, and everything else works; nothing needs to be done.',
  'error.db/unavailable':
    'This browser gives onggi no storage, as in some private windows. Open onggi in a normal window.',
  'error.db/migration-failed':
    'The database could not be brought to the new version. Your data are unchanged in the old one; reload to try again.',
  'error.db/failed': 'The browser’s storage refused to write. Your text is still here; try again.',
  'error.chat/busy':
    'An answer to this conversation is being written in another tab. Your text is kept; try again when it is done.',
  'error.chat/message-too-long':
    'The message is longer than 10 million characters. Your text is still in the box; shorten it.',
  'error.chat/not-found':
    'This is no longer here; it may have been deleted in another tab. Everything else is as it was; choose another conversation.',
  'error.file/empty': 'The file is empty. Nothing was changed; choose another file.',
  'error.file/unreadable':
    'The browser cannot read this file; it may have been moved or changed. Nothing was changed; choose it again.',
  'error.file/damaged':
    'The file is damaged or cut short. Nothing was changed; download or copy it again, or use an older one.',
  'error.file/too-large':
    'The file is larger than onggi accepts here. Nothing was changed; split it, or export less at once.',
  'error.file/expands-too-much':
    'Unpacked, this file would become far too large, as files made to do harm do. onggi stopped; nothing was changed.',
  'error.file/too-deep': 'The file is nested deeper than any real one. Nothing was changed.',
  'error.file/too-many-rows':
    'The file holds more than two million entries, more than onggi accepts. Nothing was changed.',
  'error.file/too-many-entries':
    'The archive holds more than 100,000 files, more than onggi accepts. Nothing was changed.',
  'error.file/not-json':
    'The file is not readable as JSON. Nothing was changed; check that it is the exported file itself.',
  'error.file/unknown-format':
    'onggi does not know this format. Nothing was changed; the formats it reads are listed beside the import.',
  'error.file/newer-version':
    'The file was written by a newer version of onggi. Nothing was changed; update onggi, then try again.',
  'error.file/not-a-backup':
    'This is not a backup of onggi. Nothing was changed; exports of other products belong to the import.',
  'error.file/encrypted':
    'The archive is protected by a password that onggi cannot open. Nothing was changed; unpack it first, then bring what is inside.',
  'error.file/passphrase-needed': 'This backup is protected. Enter its passphrase.',
  'error.file/passphrase-wrong':
    'The passphrase does not open this file. Nothing was changed; try again.',
  'error.file/raw-storage':
    'This archive is a raw copy of a program’s storage, which a browser cannot read. Nothing was changed; use that program’s JSON export.',
  'error.backup/busy':
    'Something is still being written: an answer, or a restore in another tab. Nothing was changed; wait until it is done, close other tabs of onggi, then try again.',
  'error.backup/no-room':
    'There is not enough space: the present data and the restored ones must both fit for a while. Nothing was changed; free space, then try again.',
  'error.backup/folder-denied':
    'The browser no longer lets onggi write into this folder. Your data are as they were; choose the folder again.',
  'error.backup/nothing-to-undo': 'There is nothing to undo any more. Everything is as it is now.',
  'error.backup/not-written':
    'The backup could not be written completely and must not be relied on. Your data are as they were; try again, or choose another place.',
  'error.app/worker-failed':
    'A part of onggi that works in the background could not start. Your data are as they were; reload the page, then try again.',
  'error.clipboard/denied':
    'The browser did not allow copying. Select the text and copy it by hand.',
  'error.app/unexpected':
    'Something went wrong that onggi did not expect. What was saved is safe; reload the page and try again.',
} as const satisfies Record<`error.${ErrorCode}`, string>;

/** English: the list of all texts that every other language must have. */
export const en = { ...texts, ...errors };
