module github.com/xmppkit/xmppkit/moderation/benchcompare

go 1.25.0

replace github.com/xmppkit/xmppkit => ../..
