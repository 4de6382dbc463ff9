import type { Catalog } from './translate.ts';

/** 日本語. */
export const ja: Catalog = {
  'common.back': '戻る',
  'common.cancel': 'キャンセル',
  'common.chosen': '選択中',
  'common.close': '閉じる',
  'common.copied': 'コピーしました',
  'common.copy': 'コピー',
  'common.copyCode': 'コードをコピー',
  'common.done': '完了',
  'common.edit': '編集',
  'common.notices': 'お知らせ',
  'common.save': '保存',
  'common.tryAgain': '再試行',
  'common.undo': '元に戻す',

  'blocked.title': 'onggiは一時停止中です',
  'blocked.reload': '再読み込み',
  'shell.skip': 'メッセージ入力欄へ移動',
  'shell.offline':
    'オフラインです。これまでの会話はすべて読めます。ほかの場所にあるモデルは、再び接続されると答えられます。',
  'shell.partMissing': '画面の一部を読み込めませんでした。ページを再読み込みしてください。',
  'update.waiting': 'onggiの新しいバージョンを利用できます。',
  'update.replaced': '別のタブでonggiが更新されました。',
  'update.apply': '今すぐ再読み込み',
  'update.unsavedTitle': 'まだ保存していない文章があります',
  'update.unsavedBody':
    '今すぐ再読み込みすると、このタブにしかない文章が失われます。先に保存またはダウンロードしてください。',

  'sidebar.name': 'サイドバー',
  'sidebar.close': 'サイドバーを閉じる',
  'sidebar.toggle': 'サイドバー',
  'sidebar.newChat': '新しい会話',
  'sidebar.search': '会話を検索',
  'sidebar.searchHint': 'タイトルを検索',
  'sidebar.settings': '設定',
  'footer.saved': 'このデバイスに保存済み',
  'footer.protected': 'このデバイスに保存・保護済み',
  'footer.unsaved': '未保存の内容があります',

  'list.name': '会話の一覧',
  'list.filter': '表示する会話',
  'list.active': '会話',
  'list.archive': 'アーカイブ',
  'list.trash': 'ゴミ箱',
  'list.inMemory': 'このタブのみ',
  'list.pinned': 'ピン留め',
  'list.today': '今日',
  'list.yesterday': '昨日',
  'list.past-week': '過去7日間',
  'list.past-month': '過去30日間',
  'list.emptyActive': '会話はここに表示されます。',
  'list.emptyArchive': 'アーカイブした会話はありません。',
  'list.emptyTrash': 'ゴミ箱は空です。',
  'list.noMatch': '一致する会話はありません。',
  'list.select': '会話を選択',
  'list.selectOne': '「{title}」を選択',
  'list.trashNote': 'ゴミ箱の会話は、完全に削除するまで復元できます。',
  'list.emptyTheTrash': 'ゴミ箱を空にする',
  'list.restored': '{count}件の会話を一覧に戻しました',
  'list.archived': '{count}件の会話をアーカイブしました',
  'list.trashed': '{count}件の会話をゴミ箱に移動しました',
  'list.forgetTitle': 'この会話を破棄しますか？',
  'list.forgetBody': 'このタブにしかない会話のため、元に戻せません。',
  'list.forget': '破棄',
  'list.purgeTitle': '{count}件の会話を完全に削除しますか？',
  'list.purgeBody':
    '{messages}件のメッセージが削除され、元に戻せません。ほかの会話はそのまま残ります。',
  'list.purge': '完全に削除',
  'list.purged': '{count}件の会話を完全に削除しました',
  'selection.name': '選択した会話',
  'selection.count': '{count}件を選択中',
  'selection.all': 'すべて選択',

  'conversation.untitled': '無題の会話',
  'conversation.menu': '「{title}」のメニュー',
  'conversation.rename': '名前を変更',
  'conversation.renameField': '会話のタイトル',
  'conversation.pin': 'ピン留め',
  'conversation.unpin': 'ピン留めを外す',
  'conversation.tags': 'タグ…',
  'conversation.archive': 'アーカイブ',
  'conversation.unarchive': 'アーカイブ解除',
  'conversation.remove': 'ゴミ箱に移動',
  'conversation.restore': '復元',
  'conversation.purge': '完全に削除',
  'conversation.suggestTitle': 'タイトルを提案',
  'conversation.summarise': '要約',
  'conversation.titleDone': 'モデルが付けたタイトルに変更しました',
  'conversation.summaryDone': '要約を保存しました。会話のオプションで確認できます。',
  'conversation.nothingUseful': 'モデルから使える回答が得られなかったため、何も変更していません。',
  'tags.title': 'タグ',
  'tags.field': 'タグを追加',
  'tags.hint': '例：仕事',
  'tags.known': '使用中のタグ',
  'tags.remove': 'タグ「{tag}」を外す',

  'chat.newTitle': '新しい会話',
  'chat.messages': 'メッセージ',
  'chat.older': '以前のメッセージを表示',
  'chat.toLatest': '最新へ移動',
  'chat.temporary': '一時的な会話',
  'chat.temporaryHint': 'この会話はどこにも記録されず、タブを閉じると消えます。',
  'chat.saved': 'このデバイスに保存しました',
  'chat.goneTitle': 'この会話は見つかりません',
  'chat.goneBody':
    '削除された会話か、タブとともに終了した一時的な会話か、別のブラウザに保存されている会話です。',
  'empty.title': '何を話しましょうか？',
  'empty.body': 'ここに書いたことはすべて、このデバイスの中だけに保存されます。',
  'empty.temporaryTitle': '一時的な会話',
  'empty.temporaryBody': 'この会話はどこにも記録されず、タブを閉じると消えます。',
  'empty.historyOff': '設定で履歴の保存がオフになっています。この会話はどこにも記録されません。',
  'empty.unsavedBody':
    '自動保存がオフです。「保存」を押すまで、この会話はこのタブにしかありません。',
  'empty.noEndpoint': 'まだモデルが接続されていません。',
  'empty.connect': 'モデルを接続',
  'composer.name': 'メッセージ',
  'composer.placeholder': 'メッセージを入力',
  'composer.send': '送信',
  'composer.stop': '停止',
  'composer.pasted': '貼り付けた文章',
  'composer.removePasted': '貼り付けた文章を外す',
  'composer.pastedRemoved': '貼り付けた文章を外しました',
  'composer.length': '{count}文字',
  'status.asking': '回答を待っています…',
  'status.waiting': 'サーバーが混み合っています。{count}秒後に再試行します…',
  'status.thinking': '考えています…',
  'status.writing': '回答を書いています…',
  'status.streaming': '回答を書いています…',
  'status.otherTab': '別のタブで回答を生成しています。',
  'status.complete': '回答が完了しました',
  'status.stopped': '停止しました',
  'status.interrupted': '回答が途中で切れました',
  'status.error': '回答を受け取れませんでした',

  'message.you': 'あなた',
  'message.assistant': 'アシスタント',
  'message.system': 'システム',
  'message.function': '関数',
  'message.tool': 'ツール',
  'message.edit': 'メッセージを編集',
  'message.editField': '編集中のメッセージ',
  'message.editHint': '前の文章も残り、いつでも切り替えられます。',
  'message.sendEdited': '編集して送信',
  'message.regenerate': '再生成',
  'message.more': 'この回答のメニュー',
  'message.remove': 'これ以降を削除',
  'message.removed': 'これ以降を削除しました',
  'message.getAnswer': '回答を生成',
  'message.continue': '続きを生成',
  'message.checkConnection': '接続を確認',
  'message.comment': 'フィードバック',
  'message.commentField': 'この回答の良かった点や気になった点をお書きください',
  'message.details': '詳細',
  'message.rating': '評価',
  'message.rate': '星{count}つ',
  'message.versions': 'バージョン',
  'message.version': 'バージョン{place}/{total}',
  'message.previousVersion': '前のバージョン',
  'message.nextVersion': '次のバージョン',
  'message.tokens': '{count}トークン',
  'message.tokensInOut': '{input} → {output}トークン',
  'message.showAll': '全{count}文字を表示',
  'message.fold': '折りたたむ',
  'message.reasoning': '思考の過程',
  'message.thinking': '考えています…',
  'message.unknownPart': 'onggiが対応していない内容',
  'message.stopped': '回答を停止しました。それまでに届いた分は残っています。',
  'message.cutByLength': '回答が最大の長さに達しました。',
  'details.model': 'モデル',
  'details.endpoint': '接続先',
  'details.temperature': '温度',
  'details.promptTokens': '入力トークン',
  'details.completionTokens': '出力トークン',
  'details.firstToken': '最初の文字まで',
  'details.total': '合計時間',
  'details.finish': '終了理由',
  'details.time': '送信日時',
  'details.estimated': '~の付いた数値は推定です。サーバーからトークン数が届きませんでした。',
  'markdown.code': 'コード',
  'markdown.taskDone': '完了',
  'markdown.taskOpen': '未完了',
  'markdown.loadImage': '{host}の画像を読み込む',
  'markdown.openImage': '{host}の画像を新しいタブで開く',
  'markdown.linkTitle': '表示と行き先が異なるリンクです',
  'markdown.linkBody': '実際に開く場所：{host}',
  'markdown.linkGo': '開く',

  'model.choose': 'モデル：{model}、{endpoint}。別のモデルを選ぶ',
  'model.none': 'モデルなし',
  'model.list': 'モデル',
  'model.filter': 'モデルを検索または入力',
  'model.useTyped': '{endpoint}の「{model}」を使う',
  'model.manage': '接続を管理',
  'model.noEndpoint': 'まだモデルが接続されていません。',
  'options.open': 'この会話のオプション',
  'options.title': 'この会話',
  'options.hint': '空欄の項目は設定に従います。',
  'options.systemPrompt': 'システムプロンプト',
  'options.systemPromptHint': '例：短く答え、出典を示してください。',
  'options.temperature': '温度',
  'options.maxTokens': '回答の最大長（トークン）',
  'options.summary': '要約',
  'options.counts': 'メッセージ{messages}件・{tokens}トークン',
  'options.reset': '設定の値に戻す',

  'start.title': 'どのように始めますか？',
  'start.promise':
    '会話はすべて、このデバイスの中だけに保存されます。アカウントも、私たちのサーバーもありません。',
  'start.local': 'このパソコンのモデルを使う',
  'start.localHint': 'Ollama、LM Studio、llama.cpp、vLLMを探します。',
  'start.key': 'APIキーで接続する',
  'start.keyHint':
    'OpenAI、OpenRouter、Anthropic、Gemini、または互換のアドレス。キーは暗号化して、このデバイスだけに保存します。',
  'start.later': 'まず見てみる',
  'local.looking': 'このパソコンを探しています…',
  'local.found': 'このパソコンで見つかりました。',
  'local.none': '標準のポートからは応答がありませんでした。',
  'local.models': 'モデル{count}個',
  'local.absent': '起動していません。起動方法を見る',
  'local.refused': '起動していますが、このページからの接続を許可していません。設定方法を見る',
  'local.connect': '{name}に接続',
  'local.again': 'もう一度探す',
  'local.other': 'アドレスを入力',
  'endpoint.provider': 'モデルはどこにありますか？',
  'endpoint.custom': 'その他のアドレス',
  'endpoint.name': '名前',
  'endpoint.address': 'アドレス（base URL）',
  'endpoint.useSuggestion': '{address}を使う',
  'endpoint.key': 'APIキー',
  'endpoint.keyOptional': 'APIキー（必要な場合）',
  'endpoint.keyStored': 'キー保存済み（末尾{hint}）',
  'endpoint.noKey': 'キーなし',
  'endpoint.removeKey': '保存したキーを削除',
  'endpoint.getKey': '{provider}でキーを取得',
  'endpoint.showKey': 'キーを表示',
  'endpoint.hideKey': 'キーを隠す',
  'endpoint.model': 'モデル名',
  'endpoint.modelHint':
    'このアドレスからはモデルの一覧を取得できません。ドキュメントにある名前をそのまま入力してください。',
  'endpoint.advanced': '詳細設定',
  'endpoint.testModel': 'テストに使うモデル',
  'endpoint.firstByte': '回答が始まるまで待つ時間（秒）',
  'endpoint.firstByteHint': 'パソコンのモデルは、読み込みに時間がかかることがあります。',
  'endpoint.sendsReasoning': 'これまでの思考の過程もモデルに送る',
  'endpoint.test': '接続テスト',
  'endpoint.testing': '確認中…',
  'endpoint.connect': '接続',
  'endpoint.saveAnyway': 'このまま保存',
  'endpoint.saved': '接続を保存しました',
  'endpoint.none': 'まだモデルが接続されていません。',
  'endpoint.default': 'デフォルト',
  'endpoint.add': '接続を追加',
  'endpoint.editOne': '{name}を編集',
  'endpoint.refresh': 'モデルを更新',
  'endpoint.refreshFailed':
    '一覧を取得できなかったため、以前の一覧をそのまま使います。編集から接続をテストしてください。',
  'endpoint.refreshed': 'モデルの一覧を更新しました',
  'endpoint.remove': '削除',
  'endpoint.removeOne': '{name}を削除',
  'endpoint.removeTitle': '{name}を削除しますか？',
  'endpoint.removeBody':
    '接続と保存したキーを削除します。会話はそのまま残ります。キーは元に戻せません。',
  'endpoint.removed': '{name}を削除しました',
  'preset.openai': 'キーはこのブラウザから直接使われ、OpenAI以外には渡りません。',
  'preset.openrouter': '1つのキーで、さまざまな会社のモデルを使えます。',
  'preset.anthropic': 'ブラウザから使えます。Anthropicが求めるヘッダーはonggiが付けます。',
  'preset.gemini': 'GoogleのOpenAI互換アドレスです。',
  'preset.mistral': 'キーはこのブラウザから直接使われ、Mistral以外には渡りません。',
  'preset.deepseek': 'キーはこのブラウザから直接使われ、DeepSeek以外には渡りません。',
  'preset.groq': 'キーはこのブラウザから直接使われ、Groq以外には渡りません。',
  'preset.xai': 'キーはこのブラウザから直接使われ、xAI以外には渡りません。',
  'preset.ollama':
    'このパソコンでOllamaを起動してください。別のホストに置いたonggiでは、OLLAMA_ORIGINSの設定が必要です。',
  'preset.lm-studio': 'LM Studioでサーバーを起動し、「Enable CORS」をオンにしてください。',
  'preset.llama-cpp':
    'このパソコンでllama-serverを起動してください。標準の設定のまま接続できます。',
  'preset.vllm': 'vLLMのOpenAI互換サーバーを起動してください。',
  'preset.custom': 'OpenAIのチャット形式に対応したアドレスなら使えます。ふつうは/v1で終わります。',
  'connection.ok': '接続できました。モデルが{count}個見つかりました。',
  'connection.okNoList': '応答はありますが、モデルの一覧がありません。モデル名を入力してください。',
  'connection.answered': 'モデルからの回答も確認できました。',
  'connection.wrong-key':
    'サーバーは動いていますが、このキーを受け付けません。キーが途中で切れていないか、期限切れでないかを確認してください。',
  'connection.missing-key': 'サーバーは動いていますが、キーが必要です。',
  'connection.wrong-model':
    'キーは使えますが、サーバーにこのモデルがありません。一覧から選んでください。',
  'connection.wrong-address':
    '応答はありますが、想定と異なります。アドレスを確認してください。ふつうは/v1で終わります。',
  'connection.server-off': 'このアドレスからは応答がありません。',
  'connection.cors-refused':
    'サーバーは動いていますが、このページからの接続を許可していません（CORS）。',
  'connection.permission-denied':
    'ブラウザが、このページからローカルネットワークへのアクセスを許可していません。',
  'connection.offline': 'このデバイスは今、オフラインです。',
  'connection.refused': 'サーバーがリクエストを受け取りましたが、拒否しました。',
  'connection.unknown': '接続できませんでした。ブラウザからは理由がわかりません。',
  'help.start': 'たとえば、次のように起動します。',
  'help.allow': 'このページだけを許可するには、次のようにします。',
  'help.lmStudio': 'または、LM StudioのDeveloper → Settingsで「Enable CORS」をオンにします。',
  'help.permission':
    'ブラウザのサイト設定でこのページにローカルネットワークへのアクセスを許可してから、もう一度お試しください。',
  'help.permissionToo':
    'ブラウザからローカルネットワークへのアクセスを求められたら、許可してください。',
  'help.corsHosted':
    'サーバー側で、オリジン{origin}を許可する必要があります。許可できない場合は、OpenRouterなどのゲートウェイをお使いください。',
  'help.address': 'アドレスが正しいか、サーバーが起動しているかを確認してください。',

  'settings.title': '設定',
  'settings.back': '会話に戻る',
  'settings.sections': '設定の項目',
  'settings.general': '一般',
  'settings.models': 'モデル',
  'settings.behaviour': '動作',
  'settings.privacy': 'プライバシー',
  'settings.data': 'データ',
  'settings.language': '言語',
  'settings.theme': '外観',
  'settings.theme.light': 'ライト',
  'settings.theme.dark': 'ダーク',
  'settings.theme.auto': '自動',
  'settings.fontSize': '文字サイズ',
  'settings.fontSize.small': '小',
  'settings.fontSize.medium': '中',
  'settings.fontSize.large': '大',
  'settings.endpoints': '接続',
  'settings.defaults': '新しい会話の初期設定',
  'settings.defaultEndpoint': '接続',
  'settings.defaultModel': 'モデル',
  'settings.temperatureHint': '0に近いほど安定した回答、2に近いほど自由な回答になります。',
  'settings.maxTokensHint': 'この長さに達した回答は、続きを生成できます。',
  'settings.systemPromptHint': '個別に指定していないすべての会話の先頭に送られます。',
  'settings.autoSave': '自動保存',
  'settings.autoSaveHint': 'オフにすると、新しい会話は「保存」を押すまでそのタブにしか残りません。',
  'settings.streamResponse': '回答を書きながら表示',
  'settings.streamResponseHint': 'オフにすると、回答は完成してから表示されます。',
  'settings.showTokenCount': 'トークン数を表示',
  'settings.showTokenCountHint': 'メッセージごとに表示します。~は推定値です。',
  'settings.enableMarkdown': '回答に書式を適用',
  'settings.enableMarkdownHint': 'オフにすると、届いた文章を書式なしでそのまま表示します。',
  'settings.saveHistory': '履歴を残す',
  'settings.saveHistoryHint':
    'オフにすると、新しい会話は一時的な会話になり、どこにも記録されません。保存済みの会話はそのまま残ります。',
  'settings.shareAnalytics': '利用レポート',
  'settings.shareAnalyticsHint':
    '月別・モデル別の回数だけをまとめた匿名のレポートをダウンロードできます。会話の文章は含みません。onggiが自動で送信することはありません。',
  'settings.downloadReport': 'レポートをダウンロード',
  'privacy.where': 'データの送り先',
  'privacy.network':
    'このページが通信する相手は、このページの配信元と、ご自身で接続したサーバーだけです。回答の中の画像は、クリックしたときだけ読み込みます。',
  'privacy.keys':
    'APIキーは暗号化して保存し、そのキーのアドレスにだけ送ります。エクスポートには決して含まれません。',
  'privacy.disk':
    '会話は、このディスクにあるブラウザのプロファイルに、暗号化されずに保存されています。ディスク全体を暗号化しておくと、デバイスを紛失したときも守られます。',
  'privacy.renew': 'キーを暗号化し直す',
  'privacy.renewed': 'すべてのキーを暗号化し直しました',
  'data.offlineReady': 'オフラインでも onggi を開けます。',
  'data.offlineNotReady': 'まだオフラインでは onggi を開けません。',
  'data.where': 'データの保存場所',
  'data.whereBody':
    'このデバイスのこのブラウザに、{origin}のデータとして保存されています。別のブラウザや別のアドレスでは、それぞれ別に保存されます。',
  'data.usage': 'このデバイスでonggiが使用中の容量',
  'data.protected': 'ブラウザは、このデータを自動では消去しません。',
  'data.unprotected': '空き容量が少なくなると、ブラウザがこのデータを消去することがあります。',
  'data.protect': '保護を要求',
  'data.notProtected':
    'ブラウザが保護を認めませんでした。onggiをアプリとしてインストールすると、たいてい保護されます。',
  'data.schema': 'データベースのバージョン',
  'data.version': 'バージョン{version}',
  'storage.dataLoss':
    'ブラウザーが保存領域の破損を検出し、空にしました。このブラウザーに保存していた内容は失われましたが、ほかには影響ありません。別の場所に作ったコピーは無事です。',
  'storage.unsavedTitle': '保存できていません。',
  'storage.downloadUnsaved': '未保存の{count}件をダウンロード',

  'shortcut.title': 'キーボードショートカット',
  'shortcut.newChat': '新しい会話',
  'shortcut.temporaryChat': '一時的な会話',
  'shortcut.search': '会話を検索',
  'shortcut.model': 'モデルを選ぶ',
  'shortcut.settings': '設定',
  'shortcut.sidebar': 'サイドバーの表示を切り替え',
  'shortcut.copyAnswer': '最後の回答をコピー',
  'shortcut.copyCode': '最後のコードをコピー',
  'shortcut.delete': '会話をゴミ箱に移動',
  'shortcut.composer': 'メッセージ入力欄へ移動',
  'shortcut.shortcuts': 'この一覧を表示',
  'shortcut.send': '送信',
  'shortcut.newLine': '改行',
  'shortcut.editLast': '最後のメッセージを編集（入力欄が空のとき）',
  'shortcut.stop': '回答を停止、または開いているものを閉じる',
  'unit.seconds': '{value}秒',

  'error.provider/unreachable':
    'サーバーに接続できませんでした。サーバーが起動していないか、ネットワークが切れているか、このページからの接続が許可されていません。メッセージは残っています。サーバーとネットワークを確認してください。',
  'error.provider/offline':
    'オフラインです。メッセージは保存しました。接続が戻ると回答を受け取れます。',
  'error.provider/unauthorized':
    'サーバーがキーを受け付けませんでした。メッセージは残っています。キーを確認してください。',
  'error.provider/forbidden':
    'サーバーがこのリクエストを拒否しました。メッセージは残っています。キーの権限を確認してください。',
  'error.provider/not-found':
    'アドレスには届きましたが、このパスがありません。メッセージは残っています。base URLを確認してください。',
  'error.provider/model-not-found':
    'サーバーにこのモデルがありません。メッセージは残っています。別のモデルを選んでください。',
  'error.provider/rate-limited':
    'リクエストが多すぎるか、利用枠を使い切りました。メッセージは残っています。しばらくしてからもう一度お試しください。',
  'error.provider/context-too-long':
    '会話が、このモデルが読める長さを超えました。内容はすべて残っています。より長い文章を読めるモデルを使うか、新しい会話を始めてください。',
  'error.provider/bad-request':
    'サーバーがリクエストを理解できませんでした。メッセージは残っています。モデルと会話のオプションを確認してください。',
  'error.provider/server':
    'サーバーで問題が発生しました。メッセージは残っています。少し待ってからもう一度お試しください。',
  'error.provider/interrupted':
    '回答が終わる前に接続が切れました。届いた分は残っています。続きを生成するか、再試行してください。',
  'error.provider/idle':
    'サーバーからの応答が途絶えたため、待つのをやめました。届いた分は残っています。続きを生成するか、再試行してください。',
  'error.provider/first-byte-timeout':
    '時間内に回答が始まりませんでした。メッセージは残っています。待つ時間は接続の設定で変更できます。',
  'error.provider/malformed':
    '回答の途中で、読み取れないデータが届きました。届いた分は残っています。続きを生成するか、再試行してください。',
  'error.provider/not-json':
    '応答はありますが、AIサーバーのものではないようです。メッセージは残っています。base URLを確認してください。',
  'error.provider/redirected':
    'サーバーがリクエストを別の場所へ転送しようとしたため、中止しました。キーを別のアドレスに渡さないためです。メッセージは残っています。base URLを確認してください。',
  'error.provider/too-large':
    '回答がonggiで受け取れる大きさを超えたため、途中で終了しました。届いた分は残っています。続きを生成できます。',
  'error.provider/too-long':
    '回答が30分を超えたため、途中で終了しました。届いた分は残っています。続きを生成できます。',
  'error.provider/content-filter':
    'サーバーのコンテンツフィルターが回答を止めました。メッセージは残っています。表現を変えてお試しください。',
  'error.provider/no-model':
    'モデルが選ばれていません。書いた文章は入力欄に残っています。上でモデルを選んでください。',
  'error.provider/no-endpoint':
    'モデルが接続されていません。書いた文章は入力欄に残っています。先にモデルを接続してください。',
  'error.provider/empty':
    'サーバーから空の回答が届きました。メッセージは残っています。もう一度お試しください。',
  'error.endpoint/address-empty': 'サーバーのアドレスを入力してください。',
  'error.endpoint/address-invalid':
    'アドレスの形式が正しくありません。https://example.com/v1のように入力してください。',
  'error.endpoint/address-no-scheme': 'アドレスの先頭にhttps://を付けてください。',
  'error.endpoint/address-insecure':
    'httpは、このパソコン（localhostまたは127.0.0.1）でのみ使えます。ほかのアドレスにはhttpsを使ってください。それ以外はブラウザがブロックします。',
  'error.endpoint/key-missing': 'このサービスにはAPIキーが必要です。',
  'error.endpoint/key-malformed':
    'キーに空白か、使えない文字が含まれています。もう一度コピーしてください。',
  'error.vault/locked': 'キーがロックされています。ロックを解除すると送信できます。',
  'error.vault/cannot-open':
    '保存したキーを、このアドレスでは開けません。会話は無事です。キーをもう一度入力してください。',
  'error.vault/unavailable':
    '安全なアドレスではないため、ここでは暗号化できません。httpsまたはlocalhostで開いてください。',
  'error.db/quota':
    'ブラウザの保存領域の上限に達しました。何も削除されていません。未保存の文章をダウンロードしてから、このデバイスの空き容量を増やしてください。',
  'error.db/no-space':
    'ディスクがいっぱいで書き込めません。何も削除されていません。未保存の文章をダウンロードし、空き容量を増やしてから、もう一度お試しください。',
  'error.db/hang':
    'ブラウザのストレージが応答しません。文章はまだここにあります。ダウンロードしてから、ページを再読み込みしてください。',
  'error.db/closed':
    '別のタブで、より新しいバージョンのonggiが開かれました。失われたものはありません。再読み込みすると、ここで続けられます。',
  'error.db/blocked':
    '古いバージョンのonggiが別のタブで開いています。そのタブを閉じると、こちらは自動で再開します。',
  'error.db/newer-version':
    'このデータは、より新しいバージョンのonggiですでに開かれています。何も変更していません。再読み込みして新しいバージョンにしてください。',
  'error.db/lost':
    'ブラウザとストレージの接続が切れました。保存済みの内容はそのまま残っています。ページを再読み込みしてください。',
  'error.db/row-damaged':
    '保存された項目の1つを読み取れません。変更せず、そのまま残してあります。ページを再読み込みして、もう一度お試しください。',
  'error.db/unavailable':
    'このウィンドウでは、ブラウザの保存領域を使えません（プライベートウィンドウの可能性があります）。通常のウィンドウでonggiを開いてください。',
  'error.db/migration-failed':
    'データベースを新しいバージョンに移行できませんでした。データは元のバージョンのまま残っています。ページを再読み込みして、もう一度お試しください。',
  'error.db/failed':
    'ブラウザのストレージに書き込めませんでした。文章はまだここにあります。もう一度お試しください。',
  'error.chat/busy':
    '別のタブで、この会話の回答を生成しています。書いた文章は残っています。終わってからもう一度お試しください。',
  'error.chat/message-too-long':
    'メッセージが1,000万文字を超えています。書いた文章は入力欄に残っています。短くしてください。',
  'error.chat/not-found':
    'ここにはもうありません。別のタブで削除された可能性があります。一覧から選び直してください。',
  'error.file/empty': 'ファイルが空です。何も変更していません。別のファイルを選んでください。',
  'error.file/unreadable':
    'ブラウザーがこのファイルを読めません。移動または変更された可能性があります。何も変更していません。もう一度選んでください。',
  'error.file/damaged':
    'ファイルが壊れているか、途中で切れています。何も変更していません。もう一度ダウンロードするか、古いファイルを使ってください。',
  'error.file/too-large':
    'ファイルが onggi で扱える大きさを超えています。何も変更していません。分割するか、一度に書き出す量を減らしてください。',
  'error.file/expands-too-much':
    '展開すると極端に大きくなるファイルです。有害なファイルの可能性があるため中止しました。何も変更していません。',
  'error.file/too-deep': 'ファイルの入れ子が異常に深くなっています。何も変更していません。',
  'error.file/too-many-rows':
    'ファイルに 200 万件を超える項目があり、扱えません。何も変更していません。',
  'error.file/too-many-entries':
    'アーカイブに 10 万個を超えるファイルがあり、扱えません。何も変更していません。',
  'error.file/not-json':
    'ファイルを JSON として読めません。何も変更していません。書き出したファイルそのものか確認してください。',
  'error.file/unknown-format':
    'onggi が知らない形式です。何も変更していません。読み込める形式は「読み込み」の欄にあります。',
  'error.file/newer-version':
    'より新しい onggi で作られたファイルです。何も変更していません。onggi を更新してからもう一度試してください。',
  'error.file/not-a-backup':
    'onggi のバックアップではありません。何も変更していません。他の製品の書き出しは「読み込み」に入れてください。',
  'error.file/encrypted':
    'アーカイブがパスワードで保護されていて開けません。何も変更していません。先に展開してから中身を入れてください。',
  'error.file/passphrase-needed':
    'このバックアップは保護されています。パスフレーズを入力してください。',
  'error.file/passphrase-wrong':
    'このパスフレーズでは開けません。何も変更していません。もう一度入力してください。',
  'error.file/raw-storage':
    'プログラムの保存領域をそのまま写したもので、ブラウザーでは読めません。何も変更していません。そのプログラムの JSON 書き出しを使ってください。',
  'error.backup/busy':
    'まだ書き込みが続いています（回答、または別のタブでの復元）。何も変更していません。終わるのを待ち、他の onggi のタブを閉じてからもう一度試してください。',
  'error.backup/no-room':
    '空き容量が足りません。現在のデータと復元するデータが一時的に両方必要です。何も変更していません。容量を空けてからもう一度試してください。',
  'error.backup/folder-denied':
    'ブラウザーがこのフォルダーへの書き込みを許可しなくなりました。データはそのままです。フォルダーを選び直してください。',
  'error.backup/nothing-to-undo': '取り消せるものはもうありません。現在の状態のままです。',
  'error.backup/not-written':
    'バックアップを最後まで書き込めませんでした。このファイルは使わないでください。データはそのままです。もう一度試すか、別の場所を選んでください。',
  'error.app/worker-failed':
    'バックグラウンドで動く部分を開始できませんでした。データはそのままです。ページを再読み込みしてからもう一度試してください。',
  'error.clipboard/denied':
    'ブラウザがコピーを許可しませんでした。文章を選択して、手動でコピーしてください。',
  'error.app/unexpected':
    '予期しない問題が発生しました。保存済みの内容は無事です。続く場合は、ページを再読み込みしてください。',
};
